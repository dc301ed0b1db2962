#pragma once

#include <nlohmann/json_fwd.hpp>

namespace slipway::json {

/// A JSON value in memory. Objects keep the order in which their fields were written, so a text made from a value is
/// always the same text. This header only names the type; to look inside, use Reader, or include value.h.
using Value = nlohmann::ordered_json;

}  // namespace slipway::json
