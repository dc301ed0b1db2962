#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/http/request.h"
#include "platform/base/result.h"

namespace slipway::http {

/// Entity tags (RFC 9110, 8.8.3 and 13.1) with their quotes: "\"7\"".
std::string make_etag(std::string_view opaque);

/// For edits: If-Match names this tag (strong comparison) or "*". Without the header any version will do; another tag
/// is Code::conflict, reason "precondition_failed" (412).
Result<> check_if_match(const Request& request, std::string_view etag);

/// For reads: If-None-Match names this tag (weak comparison) or "*": the answer is 304.
bool is_not_modified(const Request& request, std::string_view etag);

/// Whether Range counts: no If-Range, or one that is exactly this strong tag. Dates never match.
bool range_applies(const Request& request, std::string_view etag);

}  // namespace slipway::http
