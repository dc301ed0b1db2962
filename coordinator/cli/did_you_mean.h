#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::cli {

/// The candidate that a mistyped word most likely stands for; empty if none is near enough.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace slipway::cli
