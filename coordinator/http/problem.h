#pragma once

#include <string_view>

#include "platform/base/error.h"

namespace slipway::http {

/// The one table from errors to status codes: a reason that HTTP has a status of its own for, else the code.
int status_of(const Error& error);

std::string_view phrase_of(int status);  ///< "Not Found", for the status line

}  // namespace slipway::http
