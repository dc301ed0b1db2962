#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/base/result.h"
#include "tasks/manifest/manifest.h"

namespace slipway::tasks::shell {

struct Command {
    std::string program;  ///< absolute path of the interpreter
    std::vector<std::string> arguments;
    std::optional<std::string> script;  ///< text that goes into a file, whose path is the last argument
};

/// How inputs of shell@1 are run: `bash --noprofile --norc -eo pipefail FILE` or `sh -e FILE`. `path` is where the
/// interpreter is looked for; not_found tells what to do.
Result<Command> command_of(const Inputs& inputs, const std::string& path);

}  // namespace slipway::tasks::shell
