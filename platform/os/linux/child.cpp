#include "platform/os/linux/child.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/base/assert.h"
#include "platform/os/linux/proc.h"

namespace slipway::os {
namespace {

constexpr std::size_t stack_bytes = 128 * 1024;
constexpr std::uint64_t close_on_exec = 1U << 2;  // CLOSE_RANGE_CLOEXEC

bool failed(ChildPlan& plan, const char* step) {
    plan.error = errno;
    plan.step = step;
    return false;
}

// Everything above standard error is closed by exec, but for what is put in its place afterwards.
bool close_others() {
    if (::syscall(SYS_close_range, 3U, ~0U, close_on_exec) == 0) return true;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    for (int number = 3; static_cast<rlim_t>(number) < limit.rlim_cur; ++number) ::fcntl(number, F_SETFD, FD_CLOEXEC);
    return true;
}

bool place_descriptors(ChildPlan& plan) {
    int above = 3;
    for (const ChildDescriptor& descriptor : plan.descriptors)
        above = descriptor.as >= above ? descriptor.as + 1 : above;
    // Copied away first: the place of one may be the source of another.
    for (ChildDescriptor& descriptor : plan.descriptors) {
        descriptor.copy = ::fcntl(descriptor.from, F_DUPFD_CLOEXEC, above);
        if (descriptor.copy < 0) return failed(plan, "handing over a descriptor");
    }
    for (const ChildDescriptor& descriptor : plan.descriptors)
        if (::dup2(descriptor.copy, descriptor.as) < 0) return failed(plan, "handing over a descriptor");
    return true;
}

bool enter_cgroup(ChildPlan& plan) {
    if (plan.cgroup < 0 || plan.entered_cgroup) return true;
    // "0" is the writer itself. It has no children yet: nothing can stay outside.
    const int file = ::openat(plan.cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (file < 0 || ::write(file, "0", 1) != 1) return failed(plan, "entering its group");
    return true;
}

void reset_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool prepare(ChildPlan& plan) {
    if (!enter_cgroup(plan)) return false;
    if (plan.own_session && ::setsid() < 0) return failed(plan, "making a session");
    if (!close_others()) return failed(plan, "closing descriptors");
    // Before descriptors are placed: its own number may be one of theirs.
    if (plan.directory >= 0 ? ::fchdir(plan.directory) != 0 : ::chdir(plan.directory_path) != 0)
        return failed(plan, "changing to its working directory");
    if (!place_descriptors(plan)) return false;
    if (plan.set_umask) ::umask(plan.umask);
    for (const ChildLimit& limit : plan.limits)
        if (::syscall(SYS_prlimit64, 0, limit.resource, &limit.value, nullptr) != 0)
            return failed(plan, "setting its limits");
    if (plan.no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(plan, "refusing new privileges");
    return true;
}

int run_child(void* argument) {
    ChildPlan& plan = *static_cast<ChildPlan*>(argument);
    if (prepare(plan)) {
        reset_signals();
        ::execve(plan.program, plan.arguments, plan.environment);
        failed(plan, "");
    }
    ::_exit(127);
}

// The child begins in run_child on its own stack: returning from the parent's frame would destroy what the parent
// returns by. glibc 2.36 has no function for this call.
long call_clone3(clone_args& arguments, ChildPlan& plan) {
    long result = -ENOSYS;
#if defined(__x86_64__)
    asm volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "mov %[plan], %%rdi\n\t"
        "call *%[function]\n\t"
        "hlt\n"
        "1:"
        : "=a"(result)
        : "0"(static_cast<long>(SYS_clone3)), "D"(&arguments),
          "S"(sizeof arguments), [plan] "r"(&plan), [function] "r"(&run_child)
        : "rcx", "r11", "memory", "cc");
#elif defined(__aarch64__)
    register long number asm("x8") = SYS_clone3;
    register long first asm("x0") = reinterpret_cast<long>(&arguments);
    register long second asm("x1") = static_cast<long>(sizeof arguments);
    asm volatile(
        "svc #0\n\t"
        "cbnz x0, 1f\n\t"
        "mov x29, #0\n\t"
        "mov x0, %[plan]\n\t"
        "blr %[function]\n\t"
        "brk #1\n"
        "1:"
        : "+r"(first)
        : "r"(number), "r"(second), [plan] "r"(&plan), [function] "r"(&run_child)
        : "memory", "cc");
    result = first;
#else
    static_cast<void>(arguments);
    static_cast<void>(plan);
#endif
    return result;
}

Child with_clone3(ChildPlan& plan, const ChildStack& stack) {
    Child child;
    clone_args arguments{};
    arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&child.pidfd);
    arguments.exit_signal = SIGCHLD;
    arguments.stack = reinterpret_cast<std::uint64_t>(stack.bottom());
    arguments.stack_size = stack.size();
    if (plan.cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<unsigned>(plan.cgroup);
    }
    plan.entered_cgroup = true;
    const long result = call_clone3(arguments, plan);
    if (result < 0) {
        child.error = static_cast<int>(-result);
        child.pidfd = -1;
    } else {
        child.process = static_cast<int>(result);
    }
    return child;
}

Child with_clone(ChildPlan& plan, const ChildStack& stack) {
    Child child;
    plan.entered_cgroup = false;
    void* const top = static_cast<char*>(stack.bottom()) + stack.size();
    child.process = ::clone(&run_child, top, CLONE_VM | CLONE_VFORK | SIGCHLD, &plan);
    if (child.process < 0) {
        child.error = errno;
        return child;
    }
    // The child is ours and not waited for: its id cannot have been given to another.
    child.pidfd = open_pidfd(child.process);
    if (child.pidfd < 0) child.error = errno;
    return child;
}

}  // namespace

ChildStack::ChildStack()
    : memory_(::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    ASSERT(memory_ != MAP_FAILED);
}

ChildStack::~ChildStack() { ::munmap(memory_, stack_bytes); }

std::size_t ChildStack::size() const { return stack_bytes; }

Child start_child(ChildPlan& plan, const ChildStack& stack, SpawnMethod method) {
    // A handler of the parent must not run in the child.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const Child child = method == SpawnMethod::clone ? with_clone(plan, stack) : with_clone3(plan, stack);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return child;
}

}  // namespace slipway::os
