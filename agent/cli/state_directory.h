#pragma once

#include <memory>
#include <string>

#include "platform/os/files.h"

namespace slipway::cli {

/// The agent's folder, made if it is missing (0700), and its lock: one process at a time works in it.
struct StateDirectory {
    std::unique_ptr<os::Directory> directory;
    std::unique_ptr<os::FileLock> lock;
};
/// Conflict, reason "locked", if another process works in it; the message names that process.
Result<StateDirectory> open_state(os::Files& files, const std::string& path);

}  // namespace slipway::cli
