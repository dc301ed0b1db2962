#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/attempt/variables.h"
#include "tasks/manifest/manifest.h"

namespace slipway::attempt {

inline constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a task's environment is made of, in this order: the later goes before the earlier.
struct EnvironmentParts {
    std::map<std::string, std::string> base;  ///< PATH, HOME, LANG, TMPDIR, PWD
    const Variables* variables = nullptr;
    std::map<std::string, std::string> own;  ///< the task's `env`; may set PATH, but nothing that is Slipway's
    int task = 0;
    const tasks::Manifest* manifest = nullptr;
    tasks::Inputs inputs;  ///< as INPUT_<NAME>; a verbatim one is left out
};

/// "NAME=value", sorted by name: all that the task sees, and nothing of the agent's own environment. Left out is what
/// no environment can hold: an empty name or one with '=', a NUL.
std::vector<std::string> task_environment(const EnvironmentParts& parts);

}  // namespace slipway::attempt
