#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/result.h"

/// What /proc tells (proc(5)).
namespace slipway::os {

struct ProcStat {
    char state = '?';  ///< Z: ended, not yet waited for
    std::int64_t parent = 0;
    std::int64_t process_group = 0;
    std::int64_t session = 0;
    std::uint64_t flags = 0;  ///< PF_* of the kernel
    std::uint64_t start = 0;  ///< clock ticks since boot
    std::uint64_t environment_begin = 0;
    std::uint64_t environment_end = 0;

    bool ended() const { return state == 'Z' || state == 'X' || state == 'x'; }
    /// In the middle of execve(2): it has its new memory, in which nobody has put an environment yet.
    bool replaced_just_now() const;
};

/// Nothing if there is no such process.
std::optional<ProcStat> read_proc_stat(std::int64_t process);

/// The first `bytes_max` bytes; nothing if it cannot be read.
std::optional<std::string> read_proc_file(const std::string& path, std::size_t bytes_max);

Result<std::string> read_boot_id();

std::vector<std::int64_t> list_processes();

int open_pidfd(std::int64_t process);             ///< -1 and errno
int send_signal_to_pidfd(int pidfd, int signal);  ///< -1 and errno

}  // namespace slipway::os
