#include <algorithm>
#include <map>

#include <fcntl.h>
#include <sys/wait.h>

#include "platform/base/bytes.h"
#include "platform/os/linux/child.h"
#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/proc.h"
#include "platform/os/linux/signal_numbers.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

/// A process whose end is awaited; stays until then, also when nobody asks for it any more.
struct Awaited {
    ProcessIdentity identity;
    Descriptor pidfd;
    bool child = true;
    bool over = false;
    std::function<void(Exit)> ended;
    std::unique_ptr<Watch> watch;
};

class LinuxProcess final : public Process {
public:
    explicit LinuxProcess(std::shared_ptr<Awaited> awaited) : awaited_(std::move(awaited)) {}
    ~LinuxProcess() override { awaited_->ended = nullptr; }

    const ProcessIdentity& identity() const override { return awaited_->identity; }

    Result<> kill(Signal signal) override {
        const std::string object = "process " + std::to_string(awaited_->identity.id);
        if (awaited_->over) return system_fail(ESRCH, "sending " + std::string(to_string(signal)) + " to", object);
        if (send_signal_to_pidfd(awaited_->pidfd.get(), to_number(signal)) != 0)
            return system_fail(errno, "sending " + std::string(to_string(signal)) + " to", object);
        return {};
    }

    std::unique_ptr<PipeWriter> take_input() override { return std::move(input); }
    std::unique_ptr<PipeReader> take_output() override { return std::move(output); }
    std::unique_ptr<PipeReader> take_error() override { return std::move(error); }

    std::unique_ptr<PipeWriter> input;
    std::unique_ptr<PipeReader> output;
    std::unique_ptr<PipeReader> error;

private:
    std::shared_ptr<Awaited> awaited_;
};

struct Pipe {
    Descriptor reading;
    Descriptor writing;
};

Result<Pipe> make_pipe() {
    int numbers[2] = {-1, -1};
    if (::pipe2(numbers, O_CLOEXEC) != 0) return system_fail(errno, "making a pipe", "");
    return Pipe{Descriptor(numbers[0]), Descriptor(numbers[1])};
}

std::vector<char*> to_pointers(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

bool holds_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

Result<> check(const SpawnOptions& options) {
    const std::string starting = "starting '" + printable(options.program) + "': ";
    if (options.program.empty() || options.program.front() != '/' || holds_nul(options.program))
        return fail(Code::invalid, starting + "the path of a program must be absolute");
    if (options.arguments.empty()) return fail(Code::invalid, starting + "the name it is called by is missing");
    if (std::any_of(options.arguments.begin(), options.arguments.end(), holds_nul) ||
        std::any_of(options.environment.begin(), options.environment.end(), holds_nul))
        return fail(Code::invalid, starting + "an argument or variable holds a NUL byte");
    for (const Inherited& inherited : options.inherited)
        if (inherited.as < 3) return fail(Code::invalid, starting + "descriptors 0 to 2 are the standard streams");
    return {};
}

void add_limit(ChildPlan& plan, int resource, const std::optional<std::uint64_t>& value) {
    if (value) plan.limits.push_back({resource, {*value, *value}});
}

void add_limits(ChildPlan& plan, const ResourceLimits& limits) {
    add_limit(plan, RLIMIT_NOFILE, limits.open_files);
    add_limit(plan, RLIMIT_NPROC, limits.processes);
    add_limit(plan, RLIMIT_AS, limits.memory_bytes);
    add_limit(plan, RLIMIT_FSIZE, limits.file_bytes);
    add_limit(plan, RLIMIT_CPU, limits.cpu_seconds);
    add_limit(plan, RLIMIT_CORE, limits.core_bytes);
}

// By kernels that do not know the call or its flags, and by containers that forbid it.
bool refused(int error) { return error == ENOSYS || error == EPERM || error == EINVAL || error == E2BIG; }

/// The pipes of one start: what the child gets, and what is kept.
struct Streams {
    Pipe input;
    Pipe output;
    Pipe error;
};

class LinuxLauncher final : public Launcher {
public:
    LinuxLauncher(EventLoop& loop, SpawnMethod method) : loop_(loop), method_(method) {}

    Result<> open() {
        TRY_ASSIGN(boot_, read_boot_id());
        null_.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!null_) return system_fail(errno, "opening", "/dev/null");
        return {};
    }

    Result<std::unique_ptr<Process>> spawn(const SpawnOptions& options, std::function<void(Exit)> ended) override {
        TRY(check(options));
        Streams streams;
        ChildPlan plan;
        TRY(plan_streams(options, streams, plan));
        auto environment = options.environment;
        if (options.group != nullptr) {
            const GroupEntry entry = options.group->entry();
            if (entry.directory) plan.cgroup = static_cast<int>(*entry.directory);
            // First: a sweep then finds it early in the block.
            environment.insert(environment.begin(), entry.environment.begin(), entry.environment.end());
        }
        const auto arguments = to_pointers(options.arguments);
        const auto variables = to_pointers(environment);
        plan.program = options.program.c_str();
        plan.arguments = arguments.data();
        plan.environment = variables.data();
        if (options.directory != nullptr && options.directory->native())
            plan.directory = static_cast<int>(*options.directory->native());
        plan.directory_path = options.directory_path.c_str();
        plan.own_session = options.session == Session::own;
        plan.no_new_privileges = options.new_privileges == NewPrivileges::refused;
        plan.set_umask = options.umask.has_value();
        plan.umask = options.umask.value_or(0);
        add_limits(plan, options.limits);
        TRY_ASSIGN(auto awaited, start(plan, options));
        if (auto awaiting = await(awaited, std::move(ended)); !awaiting) {
            ::kill(static_cast<pid_t>(awaited->identity.id), SIGKILL);
            retry([&] { return ::waitpid(static_cast<pid_t>(awaited->identity.id), nullptr, 0); });
            return fail(std::move(awaiting).error());
        }
        return finish(std::move(awaited), streams);
    }

    Result<std::unique_ptr<Process>> attach(const ProcessIdentity& identity, std::function<void(Exit)> ended) override {
        auto awaited = std::make_shared<Awaited>();
        awaited->identity = identity;
        awaited->child = false;
        awaited->pidfd.reset(identity.boot == boot_ ? open_pidfd(identity.id) : -1);
        // Asked after the descriptor was opened: it then stands for this process and no later one.
        if (!awaited->pidfd || !is_alive(identity))
            return fail(Code::not_found, "process " + std::to_string(identity.id) + " has ended");
        TRY(await(awaited, std::move(ended)));
        return std::make_unique<LinuxProcess>(std::move(awaited));
    }

    Result<bool> alive(const ProcessIdentity& identity) override { return is_alive(identity); }

    Result<ProcessIdentity> self() override {
        const auto stat = read_proc_stat(::getpid());
        if (!stat) return fail(Code::unsupported, "/proc/self/stat cannot be read; is /proc mounted?");
        return ProcessIdentity{boot_, ::getpid(), stat->start};
    }

    std::vector<std::int64_t> children() override {
        std::vector<std::int64_t> processes;
        for (const auto& [id, awaited] : awaited_)
            if (awaited->child) processes.push_back(awaited->identity.id);
        return processes;
    }

private:
    bool is_alive(const ProcessIdentity& identity) const {
        if (identity.boot != boot_) return false;
        const auto stat = read_proc_stat(identity.id);
        return stat && stat->start == identity.start && !stat->ended();
    }

    Result<> plan_streams(const SpawnOptions& options, Streams& streams, ChildPlan& plan) {
        if (options.input.to == Stream::To::pipe) {
            TRY_ASSIGN(streams.input, make_pipe());
        }
        if (options.output.to == Stream::To::pipe) {
            TRY_ASSIGN(streams.output, make_pipe());
        }
        if (options.error.to == Stream::To::pipe) {
            TRY_ASSIGN(streams.error, make_pipe());
        }
        const auto source = [this](const Stream& stream, int pipe) {
            if (stream.to == Stream::To::pipe) return pipe;
            return stream.to == Stream::To::native ? static_cast<int>(stream.native) : null_.get();
        };
        const int output = source(options.output, streams.output.writing.get());
        const bool same = options.error.to == Stream::To::output;
        plan.descriptors = {{source(options.input, streams.input.reading.get()), 0},
                            {output, 1},
                            {same ? output : source(options.error, streams.error.writing.get()), 2}};
        for (const Inherited& inherited : options.inherited)
            plan.descriptors.push_back({static_cast<int>(inherited.from), inherited.as});
        return {};
    }

    Result<std::shared_ptr<Awaited>> start(ChildPlan& plan, const SpawnOptions& options) {
        const std::string starting = "starting '" + printable(options.program) + "'";
        Child child = start_child(plan, stack_, method_ == SpawnMethod::automatic ? SpawnMethod::clone3 : method_);
        if (child.process < 0 && method_ == SpawnMethod::automatic && refused(child.error)) {
            method_ = SpawnMethod::clone;
            child = start_child(plan, stack_, method_);
        }
        if (child.process < 0) return fail(system_error(child.error, starting, ""));
        auto awaited = std::make_shared<Awaited>();
        awaited->pidfd.reset(child.pidfd);
        if (plan.error != 0 || !awaited->pidfd) {
            if (plan.error == 0) ::kill(child.process, SIGKILL);
            retry([&] { return ::waitpid(child.process, nullptr, 0); });
            return fail(start_error(plan, child, starting));
        }
        const auto stat = read_proc_stat(child.process);
        awaited->identity = {boot_, child.process, stat ? stat->start : 0};
        if (options.group != nullptr) options.group->entered(child.process);
        return awaited;
    }

    static Error start_error(const ChildPlan& plan, const Child& child, const std::string& starting) {
        if (plan.error == 0) return system_error(child.error, starting + ": waiting for it", "");
        const std::string step = plan.step;
        Error error = system_error(plan.error, step.empty() ? starting : starting + ": " + step, "");
        if (step.empty() && plan.error == ENOENT)
            error.message += " (the program, or the interpreter that its first line names)";
        return error;
    }

    Result<> await(const std::shared_ptr<Awaited>& awaited, std::function<void(Exit)> ended) {
        const std::uint64_t id = ++last_id_;
        awaited->ended = std::move(ended);
        TRY_ASSIGN(awaited->watch,
                   loop_.watch(awaited->pidfd.get(), {.read = true}, [this, id](Ready) { take_end(id); }));
        awaited_.emplace(id, awaited);
        return {};
    }

    void take_end(std::uint64_t id) {
        const auto found = awaited_.find(id);
        if (found == awaited_.end()) return;
        const std::shared_ptr<Awaited> awaited = found->second;
        Exit exit;
        if (awaited->child) {
            siginfo_t info{};
            const auto pidfd = static_cast<id_t>(awaited->pidfd.get());
            const int got = retry([&] { return ::waitid(P_PIDFD, pidfd, &info, WEXITED | WNOHANG); });
            if (got == 0 && info.si_pid == 0) return;
            if (got == 0) exit = {info.si_code == CLD_EXITED ? Exit::How::exited : Exit::How::signaled, info.si_status};
        }
        awaited->over = true;
        awaited->watch.reset();
        awaited_.erase(found);
        const auto function = std::move(awaited->ended);
        if (function) function(exit);
    }

    Result<std::unique_ptr<Process>> finish(std::shared_ptr<Awaited> awaited, Streams& streams) {
        auto process = std::make_unique<LinuxProcess>(std::move(awaited));
        if (streams.input.writing) {
            TRY_ASSIGN(process->input, make_pipe_writer(loop_, streams.input.writing.release()));
        }
        if (streams.output.reading) {
            TRY_ASSIGN(process->output, make_pipe_reader(loop_, streams.output.reading.release()));
        }
        if (streams.error.reading) {
            TRY_ASSIGN(process->error, make_pipe_reader(loop_, streams.error.reading.release()));
        }
        return process;
    }

    EventLoop& loop_;
    SpawnMethod method_;
    std::string boot_;
    Descriptor null_;
    ChildStack stack_;
    std::map<std::uint64_t, std::shared_ptr<Awaited>> awaited_;
    std::uint64_t last_id_ = 0;
};

}  // namespace

Result<std::unique_ptr<Launcher>> make_launcher(EventLoop& loop, SpawnMethod method) {
    auto launcher = std::make_unique<LinuxLauncher>(loop, method);
    TRY(launcher->open());
    return launcher;
}

}  // namespace slipway::os
