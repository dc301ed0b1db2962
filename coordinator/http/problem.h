#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/error.h"

namespace slipway::http {

/// The one table from errors to status codes: a reason that HTTP has a status of its own for, else the code.
int status_of(const Error& error);
std::string_view title_of(int status);  ///< "Not Found"

/// RFC 9457: {"type": "urn:slipway:problem:<reason or code>", "title", "status", "detail", "code", "reason"}.
std::string problem_json(const Error& error, int status);

}  // namespace slipway::http
