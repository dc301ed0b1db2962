#pragma once

#include <cstdint>
#include <string>

namespace slipway::sim {

/// What a task of the simulation does; its text is the input of `shell`.
struct TaskScript {
    std::int64_t milliseconds = 0;
    int exit_code = 0;
    std::int64_t output_bytes = 0;  ///< written in a few pieces while it runs
    bool stubborn = false;          ///< heeds no signal but SIGKILL
    std::int64_t child_ms = 0;      ///< how long a child of it lives after it started; 0: it has none
};

std::string to_text(const TaskScript& script);
TaskScript to_script(const std::string& text);

}  // namespace slipway::sim
