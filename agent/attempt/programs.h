#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/base/result.h"
#include "tasks/manifest/manifest.h"

namespace slipway::attempt {

/// How a task is run.
struct Command {
    std::string program;                 ///< absolute path
    std::vector<std::string> arguments;  ///< from argv[0] on
    /// Text that goes into a file of its own, whose path becomes the last argument; the file is gone after the task.
    std::optional<std::string> script;
};

/// Knows what runs each kind of task; an error says why it cannot be run on this host. Used in the loop's thread.
class Programs {
public:
    virtual ~Programs() = default;
    /// `inputs` are complete and judged; `path` is the PATH of the task.
    virtual Result<Command> command_of(const tasks::Manifest& manifest, const tasks::Inputs& inputs,
                                       const std::string& path) = 0;
};

}  // namespace slipway::attempt
