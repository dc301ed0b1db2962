#pragma once

#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::http {

enum class Plus { is_plus, is_space };

/// Decodes %XX (RFC 3986, 2.1) once. Code::invalid: an escape that is none, a control character, what is not UTF-8.
Result<std::string> percent_decode(std::string_view text, Plus plus);

}  // namespace slipway::http
