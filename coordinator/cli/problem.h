#pragma once

#include "platform/base/error.h"
#include "platform/net/message.h"

namespace slipway::cli {

/// What an answer of 400 and above means: the `detail` of its problem details (RFC 9457) with the reason of its type,
/// else that somebody other than a coordinator seems to have answered. `method_and_path` ("GET /api/v1/jobs") is for
/// the message.
Error problem_of(const net::Response& response, std::string_view method_and_path);

}  // namespace slipway::cli
