#pragma once

#include "platform/base/result.h"

namespace slipway::os {

/// Both restrict the calling process for ever; no_new_privs has to be set. False where the kernel has no such thing.
/// Landlock: nothing of the file system but what lies below the open directory, no TCP, no signals to others.
Result<bool> enter_landlock(int writable_directory);
/// seccomp: a list of allowed calls; network, processes, mounts and the like end the process, others are ENOSYS.
Result<bool> enter_seccomp();

}  // namespace slipway::os
