#include <cerrno>
#include <cstddef>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "platform/os/linux/sandbox_layers.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

#if defined(__x86_64__)
constexpr unsigned machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned machine = AUDIT_ARCH_AARCH64;
#elif defined(__arm__)
constexpr unsigned machine = AUDIT_ARCH_ARM;
#else
constexpr unsigned machine = 0;
#endif

constexpr long allowed[] = {
    // bytes of what is open
    SYS_read,
    SYS_write,
    SYS_pread64,
    SYS_pwrite64,
    SYS_readv,
    SYS_writev,
    SYS_lseek,
    SYS_close,
    SYS_ftruncate,
    SYS_fsync,
    SYS_fdatasync,
    SYS_getdents64,
    // names, which Landlock and the handles of the caller bound
    SYS_openat,
    SYS_openat2,
    SYS_mkdirat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_statx,
    SYS_fchmod,
    SYS_utimensat,
    SYS_dup,
    // memory, time, the end
    SYS_brk,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_restart_syscall,
    SYS_exit,
    SYS_exit_group,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
    SYS_clock_gettime,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_sched_yield,
    SYS_sysinfo,
    SYS_rseq,
#ifdef SYS_newfstatat
    SYS_newfstatat,
    SYS_fstat,
    SYS_mmap,
    SYS_fcntl,
#endif
#ifdef SYS_fstatat64
    SYS_fstatat64,
    SYS_fstat64,
    SYS_mmap2,
    SYS_fcntl64,
    SYS__llseek,
    SYS_ftruncate64,
    SYS_clock_gettime64,
    SYS_futex_time64,
    SYS_utimensat_time64,
#endif
};

constexpr long deadly[] = {
    SYS_execve,
    SYS_execveat,
    SYS_clone,
    SYS_clone3,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_open_by_handle_at,
    SYS_mknodat,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_setuid,
    SYS_setgid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_capset,
};

sock_filter statement(unsigned code, unsigned value) { return {static_cast<std::uint16_t>(code), 0, 0, value}; }

/// If the loaded word is `value`, the next statement answers, else the one after it.
sock_filter unless_equal_skip(unsigned value) { return {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value}; }

std::vector<sock_filter> make_filter() {
    std::vector<sock_filter> filter;
    filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
    filter.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, machine});
    filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    const auto answer = [&](long number, unsigned action) {
        filter.push_back(unless_equal_skip(static_cast<unsigned>(number)));
        filter.push_back(statement(BPF_RET | BPF_K, action));
    };
    for (const long number : allowed) answer(number, SECCOMP_RET_ALLOW);
    for (const long number : deadly) answer(number, SECCOMP_RET_KILL_PROCESS);
    // ENOSYS: what a C library of tomorrow tries first, it knows to do in an older way.
    filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
    return filter;
}

}  // namespace

Result<bool> enter_seccomp() {
    if (machine == 0) return false;
    auto filter = make_filter();
    sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS) return false;
    return system_fail(errno, "entering the seccomp filter", "");
}

}  // namespace slipway::os
