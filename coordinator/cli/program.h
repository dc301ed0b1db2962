#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/screen.h"
#include "platform/base/ids.h"
#include "platform/os/files.h"

namespace slipway::cli {

/// What a run of `slipway` is given.
struct Program {
    std::vector<std::string> arguments;  ///< behind the program's name
    os::Environment environment;
    std::string version;
    Clock& clock;
    Random& random;
    os::Files& files;
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    os::Terminal out_terminal = {};
    os::Terminal err_terminal = {};
};

/// Parses, does what was asked and says what went wrong: "slipway: what failed", then what to do about it.
ExitCode run_program(Program program);

}  // namespace slipway::cli
