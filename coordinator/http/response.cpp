#include "coordinator/http/response.h"

#include "coordinator/http/conditional.h"
#include "coordinator/http/problem.h"
#include "coordinator/http/range.h"
#include "coordinator/http/request.h"

namespace slipway::http {

Response Response::empty(int status) {
    Response response;
    response.status = status;
    return response;
}

Response Response::json(int status, std::string text) {
    return Response::text(status, "application/json", std::move(text));
}

Response Response::text(int status, std::string_view content_type, std::string text) {
    Response response;
    response.status = status;
    response.set("Content-Type", content_type);
    response.body = std::move(text);
    return response;
}

Response Response::shared(std::string_view content_type, std::shared_ptr<const std::string> text) {
    Response response;
    response.set("Content-Type", content_type);
    response.body = std::move(text);
    return response;
}

Response Response::problem(const Error& error) { return problem(wire::to_problem(error, status_of(error))); }

Response Response::problem(const wire::Problem& problem) {
    Response response = text(problem.status, "application/problem+json", wire::encode(problem));
    if (problem.status == 401) response.set("WWW-Authenticate", "Bearer realm=\"slipway\"");
    if (problem.retry_after_s)
        response.set("Retry-After", std::to_string(*problem.retry_after_s));
    else if (problem.status == 503)
        response.set("Retry-After", "2");
    return response;
}

Response& Response::set(std::string_view name, std::string_view value) & {
    std::string clean(value);
    for (char& c : clean)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';  // nothing may begin a header of its own
    headers.emplace_back(name, std::move(clean));
    return *this;
}

Response&& Response::set(std::string_view name, std::string_view value) && {
    set(name, value);
    return std::move(*this);
}

std::optional<std::string_view> Response::get(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return std::nullopt;
}

std::uint64_t Response::body_bytes() const {
    if (const auto* text = std::get_if<std::string>(&body)) return text->size();
    if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&body))
        return *shared ? (*shared)->size() : 0;
    return std::get<FilePart>(body).length;
}

namespace {

/// RFC 6266 with the encoded form of RFC 8187, which every browser prefers; names of artifacts need no more.
std::string attachment(std::string_view file_name) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out = "attachment; filename*=UTF-8''";
    for (const char c : file_name) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                           c == '-' || c == '_';
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

}  // namespace

Response file_response(const Request& request, FileDescription description) {
    Response response;
    const bool tagged = !description.etag.empty();
    if (tagged && is_not_modified(request, description.etag)) {
        response.status = 304;
        return std::move(response).set("ETag", description.etag);
    }
    const auto header = range_applies(request, description.etag) ? request.headers.get("range") : std::nullopt;
    const RangeVerdict verdict = judge_range(header, description.size);
    if (verdict.kind == RangeVerdict::Kind::unsatisfiable) {
        const Error error{Code::invalid,
                          "the Range asked for is not one range of bytes within the " +
                              std::to_string(description.size) + " bytes that there are",
                          "range_not_satisfiable"};
        return Response::problem(error).set("Content-Range", content_range(verdict, description.size));
    }
    const bool whole = verdict.kind == RangeVerdict::Kind::whole;
    response.status = whole ? 200 : 206;
    response.set("Content-Type", description.content_type);
    response.set("Accept-Ranges", "bytes");
    if (tagged) response.set("ETag", description.etag);
    if (!whole) response.set("Content-Range", content_range(verdict, description.size));
    if (!description.file_name.empty()) response.set("Content-Disposition", attachment(description.file_name));
    const ByteRange range = whole ? ByteRange{0, description.size} : verdict.range;
    response.body = FilePart{std::move(description.file), range.first, range.length};
    return response;
}

}  // namespace slipway::http
