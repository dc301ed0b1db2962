#pragma once

#include <string_view>

namespace slipway {

inline constexpr std::string_view version = SLIPWAY_VERSION;

}  // namespace slipway
