#include <cerrno>
#include <cstdint>

#include <sys/syscall.h>
#include <unistd.h>

#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/sandbox_layers.h"
#include "platform/os/linux/system_error.h"

/// Numbers and layouts of Linux's include/uapi/linux/landlock.h, of our own because the headers of the machine that
/// builds know fewer than the kernel that runs. Numbers of calls are the same on all processors.
namespace slipway::os {
namespace {

constexpr long call_create_ruleset = 444;
constexpr long call_add_rule = 445;
constexpr long call_restrict_self = 446;

constexpr std::uint32_t flag_version = 1;
constexpr int rule_path_beneath = 1;

constexpr std::uint64_t fs_write_file = 1 << 1;
constexpr std::uint64_t fs_read_dir = 1 << 3;
constexpr std::uint64_t fs_make_dir = 1 << 7;
constexpr std::uint64_t fs_make_reg = 1 << 8;
constexpr std::uint64_t fs_make_sym = 1 << 12;
constexpr std::uint64_t fs_refer = 1 << 13;      // ABI 2
constexpr std::uint64_t fs_truncate = 1 << 14;   // ABI 3
constexpr std::uint64_t fs_ioctl_dev = 1 << 15;  // ABI 5
constexpr std::uint64_t fs_all_1 = (1 << 13) - 1;
constexpr std::uint64_t net_all = 3;    // ABI 4: bind and connect
constexpr std::uint64_t scope_all = 3;  // ABI 6: abstract sockets and signals

struct RulesetAttributes {
    std::uint64_t handled_access_fs;
    std::uint64_t handled_access_net;
    std::uint64_t scoped;
};

struct [[gnu::packed]] PathBeneath {
    std::uint64_t allowed_access;
    std::int32_t parent_fd;
};

}  // namespace

Result<bool> enter_landlock(int writable_directory) {
    const long version = ::syscall(call_create_ruleset, nullptr, 0, flag_version);
    // Version 1 forbids hard links between folders altogether, which archives may hold.
    if (version < 2) return false;
    RulesetAttributes attributes{.handled_access_fs = fs_all_1 | fs_refer, .handled_access_net = 0, .scoped = 0};
    std::size_t size = sizeof attributes.handled_access_fs;
    if (version >= 3) attributes.handled_access_fs |= fs_truncate;
    if (version >= 5) attributes.handled_access_fs |= fs_ioctl_dev;
    if (version >= 4) {
        attributes.handled_access_net = net_all;
        size += sizeof attributes.handled_access_net;
    }
    if (version >= 6) {
        attributes.scoped = scope_all;
        size += sizeof attributes.scoped;
    }
    const long ruleset = ::syscall(call_create_ruleset, &attributes, size, 0);
    if (ruleset < 0) return system_fail(errno, "making the Landlock rules", "");
    const Descriptor closer(static_cast<int>(ruleset));
    PathBeneath rule{.allowed_access = fs_write_file | fs_read_dir | fs_make_dir | fs_make_reg | fs_make_sym | fs_refer,
                     .parent_fd = writable_directory};
    if (version >= 3) rule.allowed_access |= fs_truncate;
    if (::syscall(call_add_rule, ruleset, rule_path_beneath, &rule, 0) != 0)
        return system_fail(errno, "adding the Landlock rule", "");
    if (::syscall(call_restrict_self, ruleset, 0) != 0) return system_fail(errno, "entering Landlock", "");
    return true;
}

}  // namespace slipway::os
