#pragma once

#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::os {

/// The name as a string if it is a single component: not empty, ".", "..", over 255 bytes, and without '/' and NUL.
Result<std::string> as_component(std::string_view name);

}  // namespace slipway::os
