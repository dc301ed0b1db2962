#include "coordinator/cli/problem.h"

#include "platform/base/bytes.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"

namespace slipway::cli {
namespace {

constexpr std::string_view type_beginning = "urn:slipway:problem:";

Code code_of(int status) {
    switch (status) {
        case 401: return Code::unauthenticated;
        case 403: return Code::forbidden;
        case 404:
        case 410: return Code::not_found;
        case 409:
        case 412: return Code::conflict;
        case 413:
        case 431: return Code::limit;
        case 408:
        case 504: return Code::timed_out;
        case 429:
        case 502:
        case 503: return Code::unavailable;
        case 501: return Code::unsupported;
        case 507: return Code::disk_full;
        default: return status >= 500 ? Code::internal : Code::invalid;
    }
}

}  // namespace

Error problem_of(const net::Response& response, std::string_view method_and_path) {
    const Code code = code_of(response.status);
    if (const auto value = json::parse(response.body); value && value->is_object()) {
        std::string type, title, detail;
        json::Reader in(*value, json::UnknownFields::ignore);
        in.optional("type", type);
        in.optional("title", title);
        in.optional("detail", detail, {.bytes_max = limits::json_bytes_max});
        if (in.finish() && type.starts_with(type_beginning))
            return {code, detail.empty() ? title : detail, type.substr(type_beginning.size())};
    }
    std::string message = std::string(method_and_path) + " was answered with status " +
                          std::to_string(response.status) + " by something that does not speak as a coordinator";
    if (!response.body.empty()) message += ": " + printable(response.body, 120);
    return {code, message, "not_a_coordinator"};
}

}  // namespace slipway::cli
