#pragma once

#include <string_view>

namespace slipway::os {

/// What one process may ask of another; on Windows interrupt and terminate are CTRL_BREAK.
enum class Signal { interrupt, terminate, kill, hang_up };

std::string_view to_string(Signal signal);  ///< "SIGINT", ...

}  // namespace slipway::os
