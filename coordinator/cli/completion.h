#pragma once

#include <string>
#include <string_view>

#include "coordinator/cli/context.h"

namespace slipway::cli {

/// A script for bash, zsh or fish that completes the commands and options of `root`.
std::string completion_script(const Word& root, std::string_view shell);

}  // namespace slipway::cli
