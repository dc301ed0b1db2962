#include "platform/os/sandbox.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/base/bytes.h"
#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/sandbox_layers.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

constexpr std::size_t answer_bytes_max = 4096;  // what every pipe holds, for it is read after the end

#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitized = true;  // needs terabytes of address space and calls of its own
#else
constexpr bool sanitized = false;
#endif

Result<> limit(decltype(RLIMIT_AS) resource, std::uint64_t soft, std::uint64_t hard) {
    rlimit present{};
    if (::getrlimit(resource, &present) != 0) return system_fail(errno, "reading a resource limit", "");
    const rlimit wanted{std::min<rlim_t>(soft, present.rlim_max), std::min<rlim_t>(hard, present.rlim_max)};
    if (::setrlimit(resource, &wanted) != 0) return system_fail(errno, "setting a resource limit", "");
    return {};
}

Result<> enter_limits(const SandboxOptions& options) {
    if (!sanitized) TRY(limit(RLIMIT_AS, options.memory_bytes_max, options.memory_bytes_max));
    TRY(limit(RLIMIT_FSIZE, options.file_bytes_max, options.file_bytes_max));
    TRY(limit(RLIMIT_CPU, options.cpu_s_max, options.cpu_s_max + 1));
    TRY(limit(RLIMIT_NOFILE, options.descriptors_max, options.descriptors_max));
    TRY(limit(RLIMIT_CORE, 0, 0));
    return limit(RLIMIT_NPROC, 0, 0);
}

void close_range_of(unsigned first, unsigned last) {
    if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;
    rlimit present{};
    if (::getrlimit(RLIMIT_NOFILE, &present) != 0) present.rlim_cur = 1 << 16;
    for (unsigned number = first; number <= last && number < present.rlim_cur; ++number)
        ::close(static_cast<int>(number));
}

Result<> close_others(const SandboxOptions& options, int answer) {
    const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null || ::dup2(null.get(), 0) < 0 || ::dup2(null.get(), 1) < 0)
        return system_fail(errno, "opening", "/dev/null");
    std::vector<unsigned> kept = {0, 1, 2, static_cast<unsigned>(answer)};
    for (const Native native : options.kept) kept.push_back(static_cast<unsigned>(native));
    if (const auto native = options.writable.native()) kept.push_back(static_cast<unsigned>(*native));
    std::sort(kept.begin(), kept.end());
    unsigned next = 3;
    for (const unsigned number : kept) {
        if (number < next) continue;
        close_range_of(next, number - 1);
        next = number + 1;
    }
    close_range_of(next, ~0u);
    return {};
}

Result<SandboxLayers> enter(const SandboxOptions& options, int answer) {
    const auto writable = options.writable.native();
    if (!writable) return fail(Code::unsupported, options.writable.path() + " is not on a disk");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_fail(errno, "giving up new privileges", "");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_fail(errno, "forbidding dumps", "");
    ::umask(077);
    TRY(close_others(options, answer));
    TRY(enter_limits(options));
    SandboxLayers layers;
    TRY_ASSIGN(layers.file_access, enter_landlock(static_cast<int>(*writable)));
    if (!sanitized) {
        TRY_ASSIGN(layers.system_calls, enter_seccomp());
    }
    return layers;
}

/// The child's answer: two digits for the layers, '+' and the text, or '-', the code's number, reason and message, each
/// ended by a newline.
std::string encode(const SandboxLayers& layers, const Result<std::string>& result) {
    std::string answer = {layers.file_access ? '1' : '0', layers.system_calls ? '1' : '0'};
    if (result)
        answer += "+" + *result;
    else
        answer += "-" + std::to_string(static_cast<int>(result.error().code)) + "\n" + result.error().reason + "\n" +
                  result.error().message;
    answer.resize(std::min(answer.size(), answer_bytes_max));
    return answer;
}

/// The child may be in the hands of what it read: nothing of its answer is more than text.
Result<SandboxRun> decode(std::string_view answer) {
    const auto bad = [] { return fail(Code::internal, "the process in the sandbox gave an answer that is none"); };
    if (answer.size() < 3 || (answer[2] != '+' && answer[2] != '-')) return bad();
    SandboxRun run{.text = std::string(answer.substr(3)),
                   .layers = {.file_access = answer[0] == '1', .system_calls = answer[1] == '1'}};
    if (answer[2] == '+') return run;
    const std::string_view rest = answer.substr(3);
    const std::size_t first = rest.find('\n');
    const std::size_t second = first == std::string_view::npos ? first : rest.find('\n', first + 1);
    int code = 0;
    if (second == std::string_view::npos || std::from_chars(rest.data(), rest.data() + first, code).ec != std::errc{} ||
        code < 0 || code > static_cast<int>(Code::internal))
        return bad();
    const std::string_view message = rest.substr(second + 1);
    const bool plain = message.find_first_of(std::string_view("\n\x1b\0", 3)) == std::string_view::npos;
    return fail(static_cast<Code>(code), plain ? std::string(message) : printable(message, 2000),
                printable(rest.substr(first + 1, second - first - 1), 64));
}

[[noreturn]] void be_child(const SandboxOptions& options, const std::function<Result<std::string>()>& work, int answer,
                           const sigset_t& mask, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (::getppid() != parent) ::_exit(1);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::signal(number, SIG_DFL);
    ::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    auto layers = enter(options, answer);
    std::string text;
    if (layers)
        text = encode(*layers, work());
    else
        text = encode({}, fail(std::move(layers).error().within("entering the sandbox")));
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t wrote = retry([&] { return ::write(answer, rest.data(), rest.size()); });
        if (wrote <= 0) ::_exit(1);
        rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
    ::_exit(0);
}

/// Waits for the child; a signal that asks this process to end kills it first.
Result<int> wait_for(pid_t child, const sigset_t& waited) {
    bool canceled = false;
    for (;;) {
        int status = 0;
        const pid_t ended = retry([&] { return ::waitpid(child, &status, WNOHANG); });
        if (ended < 0) return system_fail(errno, "waiting for the process in the sandbox", "");
        if (ended == child && canceled) return fail(Code::canceled, "canceled");
        if (ended == child) return status;
        int number = 0;
        if (::sigwait(&waited, &number) == 0 && number != SIGCHLD) {
            canceled = true;
            ::kill(child, SIGKILL);
        }
    }
}

Result<std::string> read_all(int number) {
    std::string text(answer_bytes_max, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = retry([&] { return ::read(number, text.data() + size, text.size() - size); });
        if (got < 0) return system_fail(errno, "reading the answer of the process in the sandbox", "");
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

Result<SandboxRun> conclude(int status, int answer) {
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        if (number == SIGXCPU) return fail(Code::limit, "the process in the sandbox used up its processor time");
        return fail(Code::internal, "the process in the sandbox was ended by signal " + std::to_string(number) +
                                        (number == SIGSYS ? " (it tried what is forbidden)" : ""));
    }
    TRY_ASSIGN(const std::string text, read_all(answer));
    return decode(text);
}

}  // namespace

Result<SandboxRun> run_in_sandbox(const SandboxOptions& options, const std::function<Result<std::string>()>& work) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_fail(errno, "making a pipe", "");
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    struct sigaction children_before {};
    ::sigaction(SIGCHLD, &usual, &children_before);  // ignored ones could not be waited for
    sigset_t waited;
    sigset_t before;
    ::sigemptyset(&waited);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&waited, number);
    if (::sigprocmask(SIG_BLOCK, &waited, &before) != 0) return system_fail(errno, "blocking signals", "");
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) be_child(options, work, writing.get(), before, parent);
    const int fork_error = errno;
    writing.reset();
    auto status = child < 0 ? Result<int>(system_fail(fork_error, "starting the process in the sandbox", ""))
                            : wait_for(child, waited);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::sigaction(SIGCHLD, &children_before, nullptr);
    if (!status) return fail(std::move(status).error());
    return conclude(*status, reading.get());
}

}  // namespace slipway::os
