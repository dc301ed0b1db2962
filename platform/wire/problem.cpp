#include "platform/wire/problem.h"

#include "platform/base/bytes.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"

namespace slipway::wire {
namespace {

constexpr std::string_view type_prefix = "urn:slipway:problem:";

std::optional<Code> code_from(std::string_view text) {
    for (int i = 0; i <= static_cast<int>(Code::internal); ++i)
        if (to_string(static_cast<Code>(i)) == text) return static_cast<Code>(i);
    return std::nullopt;
}

Code code_of(int status) {
    switch (status) {
        case 401: return Code::unauthenticated;
        case 403: return Code::forbidden;
        case 404: return Code::not_found;
        case 408: return Code::timed_out;
        case 409:
        case 412: return Code::conflict;
        case 413:
        case 414:
        case 431: return Code::limit;
        case 429:
        case 502:
        case 503:
        case 504: return Code::unavailable;
        case 507: return Code::disk_full;
        default: return status >= 500 ? Code::internal : Code::invalid;
    }
}

}  // namespace

std::string_view title_of(int status) {
    switch (status) {
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 426: return "Upgrade Required";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "Error";
    }
}

Problem to_problem(const Error& error, int status) {
    return {status, std::string(title_of(status)), error.message, error.code, error.reason, std::nullopt, std::nullopt};
}

Error to_error(const Problem& problem) {
    const std::string status = "HTTP " + std::to_string(problem.status) + " " + problem.title;
    return {problem.code.value_or(code_of(problem.status)), problem.detail.empty() ? status : problem.detail,
            problem.reason};
}

void write(json::Writer& out, const Problem& problem) {
    const std::string_view code = problem.code ? to_string(*problem.code) : std::string_view();
    const std::string_view word = problem.reason.empty() ? code : std::string_view(problem.reason);
    out.begin_object();
    out.field("type", word.empty() ? "about:blank" : std::string(type_prefix).append(word));
    out.field("title", problem.title);
    out.field("status", problem.status);
    if (!problem.detail.empty()) out.field("detail", problem.detail);
    if (problem.code) out.field("code", code);
    if (!problem.reason.empty()) out.field("reason", problem.reason);
    out.field("log_offset", problem.log_offset);
    out.field("retry_after_s", problem.retry_after_s);
    out.end_object();
}

std::string encode(const Problem& problem) {
    json::Writer out;
    write(out, problem);
    return std::move(out).take();
}

void read(json::Reader& in, Problem& problem) {
    const json::Text line{.bytes_max = 16 * 1024};
    std::string code;
    in.optional("type", code, line);  // says no more than code and reason
    code.clear();
    in.optional("title", problem.title, line);
    in.optional("status", problem.status, json::Range{100, 599});
    in.optional("detail", problem.detail, line);
    in.optional("code", code, line);
    problem.code = code_from(code);
    in.optional("reason", problem.reason, line);
    in.optional("log_offset", problem.log_offset);
    in.optional("retry_after_s", problem.retry_after_s, json::Range{0, 86'400});
}

Problem decode_problem(std::string_view body, int status) {
    Problem problem;
    problem.status = status;
    if (const auto value = json::parse(body, {.bytes_max = 64 * 1024})) {
        json::Reader in(*value, json::UnknownFields::ignore);
        read(in, problem);
        if (in.ok()) {
            problem.status = status;
            if (problem.title.empty()) problem.title = title_of(status);
            return problem;
        }
    }
    Problem bare;
    bare.status = status;
    bare.title = title_of(status);
    if (!body.empty()) bare.detail = "the answer is no problem document: " + printable(body, 200);
    return bare;
}

}  // namespace slipway::wire
