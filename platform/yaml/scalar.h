#pragma once

#include <string_view>

#include "platform/json/value.h"

namespace slipway::yaml {

/// What a plain (unquoted) scalar means; the rule stands in read.h.
json::Value plain_scalar(std::string_view text);

}  // namespace slipway::yaml
