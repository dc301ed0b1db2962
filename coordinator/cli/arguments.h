#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/cli/commands.h"

namespace slipway::cli {

/// What the command line says.
struct Arguments {
    Command command;
    Settings settings;  ///< flags only; see settings_from()
    bool json = false;
    bool verbose = false;
};

/// Text that was asked for instead of a command: --help.
struct HelpText {
    std::string text;
};

/// The arguments behind the program's name. Code::invalid with reason `usage`, with what is wrong and what fits.
Result<std::variant<Arguments, HelpText>> parse_arguments(const std::vector<std::string>& words);

/// All commands and options, for completion.
Word command_words();

}  // namespace slipway::cli
