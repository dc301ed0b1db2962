#pragma once

#include <string>
#include <vector>

#include "platform/os/host.h"

namespace slipway::cli {

/// What main() hands to a sub-command.
struct Call {
    std::vector<std::string> arguments;  ///< behind the sub-command
    os::Environment environment;
    os::Host host;
    std::string version;  ///< of this program
};

}  // namespace slipway::cli
