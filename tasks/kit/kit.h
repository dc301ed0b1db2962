#pragma once

#include <map>
#include <string>
#include <string_view>

#include "platform/base/ids.h"
#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/files.h"
#include "platform/os/loop.h"
#include "platform/os/process.h"

namespace slipway::tasks {

/// What the code of a built-in task is given. It prints what people should read on standard output, returns an error
/// for what went wrong, and has the process to itself: one thread, which it may keep.
struct Kit {
    const std::map<std::string, std::string>& environment;
    os::Files& files;
    os::EventLoop& loop;
    os::Launcher& launcher;
    Clock& clock;
    Random& random;
    std::string executable;  ///< of this program, for helpers that are processes of their own

    /// INPUT_<NAME>; empty if it has none. Inputs were held against task.json before the task began.
    std::string input(std::string_view name) const;
    /// An input that is a path, made absolute by the working directory.
    Result<std::string> path(std::string_view name) const;
};

/// A line of the log: "what\n".
void print(std::string_view line);

/// Prints the error on standard error and gives the exit code that stands in the `reasons` of task.json files:
/// 64 input_invalid, 65 archive_refused, 73 disk_full, else 1.
int exit_code_of(const Error& error);

}  // namespace slipway::tasks
