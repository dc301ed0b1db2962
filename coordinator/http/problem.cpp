#include "coordinator/http/problem.h"

#include <algorithm>
#include <array>

#include "platform/wire/problem.h"

namespace slipway::http {
namespace {

struct ReasonStatus {
    std::string_view reason;
    int status;
};

constexpr std::array reason_statuses = {
    ReasonStatus{"method_not_allowed", 405},      ReasonStatus{"request_too_slow", 408},
    ReasonStatus{"precondition_failed", 412},     ReasonStatus{"uri_too_long", 414},
    ReasonStatus{"unsupported_media_type", 415},  ReasonStatus{"unsupported_encoding", 415},
    ReasonStatus{"range_not_satisfiable", 416},   ReasonStatus{"expectation_failed", 417},
    ReasonStatus{"too_many_requests", 429},       ReasonStatus{"header_too_large", 431},
    ReasonStatus{"http_version_unsupported", 505}};

/// Code::invalid with one of these: the request can be read, but what it asks for cannot be.
constexpr std::array<std::string_view, 8> unprocessable = {"unknown_task", "invalid_input",         "reserved_name",
                                                           "pool_missing", "artifact_missing",      "digest_mismatch",
                                                           "blob_missing", "idempotency_key_reused"};

int status_of(Code code) {
    switch (code) {
        case Code::invalid: return 400;
        case Code::unauthenticated: return 401;
        case Code::forbidden: return 403;
        case Code::not_found: return 404;
        case Code::conflict: return 409;
        case Code::limit: return 413;
        case Code::unavailable: return 503;
        case Code::timed_out: return 504;
        case Code::disk_full: return 507;
        case Code::corrupt: return 500;
        case Code::unsupported: return 501;
        case Code::canceled: return 503;
        case Code::io: return 500;
        case Code::internal: return 500;
    }
    return 500;
}

}  // namespace

int status_of(const Error& error) {
    for (const ReasonStatus& row : reason_statuses)
        if (row.reason == error.reason) return row.status;
    if (error.code == Code::invalid && std::ranges::find(unprocessable, error.reason) != unprocessable.end())
        return 422;
    return status_of(error.code);
}

std::string_view phrase_of(int status) {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 303: return "See Other";
        case 304: return "Not Modified";
        default: return wire::title_of(status);
    }
}

}  // namespace slipway::http
