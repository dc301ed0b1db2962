#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::os {

/// What work on hostile bytes may use. It reaches no network, starts no process, opens nothing but below `writable`.
struct SandboxOptions {
    Directory& writable;             ///< the only place where it may open, make and change anything
    std::vector<Native> kept;        ///< open things it goes on using; all others are closed, standard error is not
    std::uint64_t memory_bytes_max;  ///< address space
    std::uint64_t file_bytes_max;    ///< of one file
    std::uint64_t cpu_s_max;         ///< processor time
    std::uint64_t descriptors_max;
};

/// Which of the layers this machine has. The others (no new privileges, limits, no core file, umask 077, closed
/// descriptors) are always there.
struct SandboxLayers {
    bool file_access = false;   ///< Landlock, Linux 5.19 and later
    bool system_calls = false;  ///< seccomp filter
};

struct SandboxRun {
    std::string text;  ///< what the work returned
    SandboxLayers layers;
};

/// Runs `work` in a child process behind the sandbox and waits for its end. What `work` returns, text or error (up to
/// 4 KiB), comes back; its other effects on memory do not. A child that was killed is Code::internal (a crash, or a
/// forbidden call) or Code::limit (processor time). SIGINT, SIGTERM or SIGHUP to this process kills the child and gives
/// Code::canceled. If this process dies, the child does. For programs with one thread and little memory, for it forks.
/// Code::unsupported where there is none of this.
Result<SandboxRun> run_in_sandbox(const SandboxOptions& options, const std::function<Result<std::string>()>& work);

}  // namespace slipway::os
