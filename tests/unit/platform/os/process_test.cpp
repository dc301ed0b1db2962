#include "platform/os/process.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "platform/os/file_steps.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

namespace {

class Fixture : public SystemLoopFixture {
public:
    explicit Fixture(SpawnMethod method = SpawnMethod::automatic) : launcher(VALUE_OF(make_launcher(loop(), method))) {}

    struct Outcome {
        std::string output;
        std::string error;
        Exit exit;
    };

    static std::string drain(SystemLoopFixture& fixture, std::unique_ptr<PipeReader> reader) {
        std::string bytes;
        if (!reader) return bytes;
        bool end = false;
        REQUIRE_DONE(reader->start([&] {
            char buffer[4096];
            const auto got = VALUE_OF(reader->read(buffer));
            if (got && *got == 0) {
                end = true;
                reader->pause();
            }
            if (got) bytes.append(buffer, *got);
        }));
        fixture.run_until([&] { return end; });
        return bytes;
    }

    Outcome run(const SpawnOptions& options) {
        std::optional<Exit> exit;
        auto process = VALUE_OF(launcher->spawn(options, [&](Exit how) { exit = how; }));
        process->take_input();
        Outcome outcome;
        outcome.output = drain(*this, process->take_output());
        outcome.error = drain(*this, process->take_error());
        run_until([&] { return exit.has_value(); });
        outcome.exit = *exit;
        return outcome;
    }

    SpawnOptions shell(const std::string& script) const {
        SpawnOptions options;
        options.program = "/bin/sh";
        options.arguments = {"sh", "-c", script};
        options.environment = {"PATH=/usr/bin:/bin"};
        options.output.to = Stream::To::pipe;
        return options;
    }

    std::unique_ptr<Launcher> launcher;
};

SpawnMethod any_method() { return GENERATE(SpawnMethod::clone3, SpawnMethod::clone); }

}  // namespace

TEST_CASE("the end of a process is told once, with its exit code or signal") {
    Fixture fixture(any_method());
    CHECK(fixture.run(fixture.shell("exit 0")).exit == Exit{Exit::How::exited, 0});
    CHECK(fixture.run(fixture.shell("exit 37")).exit == Exit{Exit::How::exited, 37});
    CHECK(fixture.run(fixture.shell("kill -15 $$")).exit == Exit{Exit::How::signaled, SIGTERM});
    CHECK(to_text(Exit{Exit::How::signaled, SIGKILL}) == "killed by SIGKILL");
    CHECK(to_text(Exit{Exit::How::exited, 3}) == "exit code 3");

    int ends = 0;
    const auto process = VALUE_OF(fixture.launcher->spawn(fixture.shell("exit 1"), [&](Exit) { ++ends; }));
    CHECK(ends == 0);
    fixture.run_until([&] { return ends == 1; });
    for (int turn = 0; turn < 5; ++turn) REQUIRE_DONE(fixture.loop().run_once(1ms));
    CHECK(ends == 1);
    CHECK(fixture.launcher->children().empty());
}

TEST_CASE("a program that cannot be started is named with the reason, and leaves no process") {
    Fixture fixture(any_method());
    SpawnOptions options = fixture.shell("");
    options.program = "/no/such/program";
    const auto missing = fixture.launcher->spawn(options, [](Exit) {});
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == Code::not_found);
    CHECK(missing.error().message.find("/no/such/program") != std::string::npos);
    CHECK(missing.error().message.find("No such file or directory") != std::string::npos);

    options.program = "/etc/passwd";
    const auto refused = fixture.launcher->spawn(options, [](Exit) {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "starting '/etc/passwd': Permission denied");

    options = fixture.shell("");
    options.directory_path = "/no/such/directory";
    const auto nowhere = fixture.launcher->spawn(options, [](Exit) {});
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().message.find("changing to its working directory") != std::string::npos);

    options = fixture.shell("");
    options.program = "sh";
    REQUIRE_CODE(fixture.launcher->spawn(options, [](Exit) {}), Code::invalid);
    options = fixture.shell("");
    options.environment.emplace_back("A=b\0c", 5);
    REQUIRE_CODE(fixture.launcher->spawn(options, [](Exit) {}), Code::invalid);

    CHECK(fixture.launcher->children().empty());
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
}

TEST_CASE("a child inherits nothing but what it is given") {
    Fixture fixture(any_method());
    // Without close-on-exec on purpose, far up and far down.
    const int leak = ::open("/etc/passwd", O_RDONLY);
    const int far = ::fcntl(leak, F_DUPFD, 500);
    REQUIRE(far >= 500);
    ::setenv("SLIPWAY_TEST_LEAK", "1", 1);
    SpawnOptions options = fixture.shell("");
    options.program = "/bin/ls";
    options.arguments = {"ls", "/proc/self/fd"};
    const auto listed = fixture.run(options);
    // 3 is the listing itself.
    CHECK(listed.output == "0\n1\n2\n3\n");
    CHECK(fixture.run(fixture.shell("env | grep -v -e '^PWD=' -e '^OLDPWD=' -e '^_=' -e '^SHLVL='")).output ==
          "PATH=/usr/bin:/bin\n");
    CHECK(fixture.run(fixture.shell("cat; readlink /proc/$$/fd/0 /proc/$$/fd/2")).output == "/dev/null\n/dev/null\n");
    ::unsetenv("SLIPWAY_TEST_LEAK");
    ::close(leak);
    ::close(far);
}

TEST_CASE("descriptors are handed over under the numbers asked for, also when these cross") {
    Fixture fixture(any_method());
    SystemFilesFixture files;
    const auto make = [&](const char* name) {
        auto file = VALUE_OF(files.root().open(name, {.access = Access::read_write, .create = Create::exclusive}));
        REQUIRE_DONE(file->write_at(0, name));
        return file;
    };
    const auto a = make("a");
    const auto b = make("b");
    SpawnOptions options = fixture.shell("cat <&3; cat <&4; ls /proc/self/fd");
    const int first = ::fcntl(static_cast<int>(*a->native()), F_DUPFD_CLOEXEC, 60);
    const int second = ::fcntl(static_cast<int>(*b->native()), F_DUPFD_CLOEXEC, 61);
    options.inherited = {{second, 3}, {first, 4}};
    CHECK(fixture.run(options).output == "ba0\n1\n2\n3\n4\n5\n");
    options = fixture.shell("cat <&60; cat <&61");
    options.program = "/bin/bash";
    options.arguments[0] = "bash";
    options.inherited = {{second, first}, {first, second}};
    CHECK(fixture.run(options).output == "");  // positions are shared and at the end; reading works
    options.arguments[2] = "readlink /proc/$$/fd/60 /proc/$$/fd/61";
    CHECK(fixture.run(options).output == files.path() + "/b\n" + files.path() + "/a\n");
    ::close(first);
    ::close(second);
}

TEST_CASE("the streams of a child are pipes, files or one into the other") {
    Fixture fixture;
    SpawnOptions options = fixture.shell("echo out; echo err >&2");
    options.error.to = Stream::To::pipe;
    const auto both = fixture.run(options);
    CHECK(both.output == "out\n");
    CHECK(both.error == "err\n");
    options.error.to = Stream::To::output;
    CHECK(fixture.run(options).output == "out\nerr\n");

    SystemFilesFixture files;
    const auto file = VALUE_OF(files.root().open("log", {.access = Access::write, .create = Create::exclusive}));
    options.output = {Stream::To::native, *file->native()};
    CHECK(fixture.run(options).output.empty());
    CHECK(VALUE_OF(read_whole(files.root(), "log", 100)) == "out\nerr\n");
}

TEST_CASE("a megabyte goes through a child, in order and without blocking the loop") {
    Fixture fixture;
    SpawnOptions options = fixture.shell("");
    options.program = "/bin/cat";
    options.arguments = {"cat"};
    options.input.to = Stream::To::pipe;
    std::optional<Exit> exit;
    const auto process = VALUE_OF(fixture.launcher->spawn(options, [&](Exit how) { exit = how; }));
    std::string sent;
    for (int i = 0; i < 150'000; ++i) sent += std::to_string(i) + "\n";
    const auto input = process->take_input();
    REQUIRE_DONE(input->write(std::string_view(sent).substr(0, 100'000)));
    REQUIRE_DONE(input->write(std::string_view(sent).substr(100'000)));
    CHECK(input->queued_bytes() > 0);
    input->close();
    REQUIRE_CODE(input->write("more"), Code::conflict);
    CHECK((Fixture::drain(fixture, process->take_output()) == sent));
    fixture.run_until([&] { return exit.has_value(); });
    CHECK(*exit == Exit{Exit::How::exited, 0});
}

TEST_CASE("writing to a child that is gone is an error and not the end of the writer") {
    Fixture fixture;
    SpawnOptions options = fixture.shell("exit 0");
    options.input.to = Stream::To::pipe;
    bool ended = false;
    const auto process = VALUE_OF(fixture.launcher->spawn(options, [&](Exit) { ended = true; }));
    fixture.run_until([&] { return ended; });
    REQUIRE_CODE(process->take_input()->write("x"), Code::unavailable);
}

TEST_CASE("working directory, umask, limits, session and signals are as asked for") {
    Fixture fixture(any_method());
    SystemFilesFixture files;
    SpawnOptions options = fixture.shell("pwd; umask; ulimit -n; ulimit -c");
    options.directory = &files.root();
    options.umask = 027;
    options.limits.open_files = 77;
    options.limits.core_bytes = 0;
    CHECK(fixture.run(options).output == files.path() + "\n0027\n77\n0\n");

    CHECK(fixture.run(fixture.shell("cut -d' ' -f1,6 /proc/$$/stat | tr ' ' '\\n' | uniq | wc -l")).output == "1\n");
    options = fixture.shell("cut -d' ' -f6 /proc/$$/stat");
    options.session = Session::shared;
    CHECK(fixture.run(options).output == std::to_string(::getsid(0)) + "\n");
    options = fixture.shell("grep NoNewPrivs /proc/self/status");
    options.new_privileges = NewPrivileges::refused;
    CHECK(fixture.run(options).output == "NoNewPrivs:\t1\n");

    ::signal(SIGHUP, SIG_IGN);
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    CHECK(fixture.run(fixture.shell("grep -E 'SigBlk|SigIgn' /proc/self/status")).output ==
          "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    ::signal(SIGHUP, SIG_DFL);
}

TEST_CASE("a process is known by boot, id and start, so that a later one with its id is not taken for it") {
    Fixture fixture;
    SpawnOptions options = fixture.shell("exec sleep 60");
    std::optional<Exit> exit;
    const auto process = VALUE_OF(fixture.launcher->spawn(options, [&](Exit how) { exit = how; }));
    const ProcessIdentity identity = process->identity();
    CHECK(VALUE_OF(fixture.launcher->alive(identity)));
    CHECK(VALUE_OF(parse_identity(to_text(identity))) == identity);
    for (const char* bad : {"", "boot", "boot 1", "boot x 2", "boot 0 2", "boot 1 2x", " 1 2"})
        REQUIRE_CODE(parse_identity(bad), Code::invalid);

    ProcessIdentity other = identity;
    ++other.start;
    CHECK_FALSE(VALUE_OF(fixture.launcher->alive(other)));
    REQUIRE_CODE(fixture.launcher->attach(other, [](Exit) {}), Code::not_found);
    other = identity;
    other.boot = "00000000-0000-0000-0000-000000000000";
    CHECK_FALSE(VALUE_OF(fixture.launcher->alive(other)));
    CHECK(VALUE_OF(fixture.launcher->alive(VALUE_OF(fixture.launcher->self()))));

    REQUIRE_DONE(process->kill(Signal::kill));
    fixture.run_until([&] { return exit.has_value(); });
    CHECK(*exit == Exit{Exit::How::signaled, SIGKILL});
    CHECK_FALSE(VALUE_OF(fixture.launcher->alive(identity)));
    REQUIRE_CODE(process->kill(Signal::kill), Code::not_found);
}

TEST_CASE("the end of a process that another run of the program started is told as well") {
    Fixture starter;
    const auto process = VALUE_OF(starter.launcher->spawn(starter.shell("exec sleep 60"), [](Exit) {}));
    Fixture fixture;
    std::optional<Exit> exit;
    const auto attached = VALUE_OF(fixture.launcher->attach(process->identity(), [&](Exit how) { exit = how; }));
    CHECK(attached->identity() == process->identity());
    REQUIRE_DONE(attached->kill(Signal::terminate));
    fixture.run_until([&] { return exit.has_value(); });
    CHECK(exit->how == Exit::How::unknown);
    starter.run_until([&] { return starter.launcher->children().empty(); });
    REQUIRE_CODE(fixture.launcher->attach(process->identity(), [](Exit) {}), Code::not_found);
}

TEST_CASE("a process whose object is destroyed lives on and is waited for") {
    Fixture fixture;
    bool told = false;
    auto process = VALUE_OF(fixture.launcher->spawn(fixture.shell("exec sleep 0.05"), [&](Exit) { told = true; }));
    const ProcessIdentity identity = process->identity();
    process.reset();
    CHECK(VALUE_OF(fixture.launcher->alive(identity)));
    fixture.run_until([&] { return fixture.launcher->children().empty(); });
    CHECK_FALSE(told);
    CHECK(::waitpid(static_cast<pid_t>(identity.id), nullptr, WNOHANG) == -1);
}

TEST_CASE("where clone3 is refused, processes are started another way") {
    const int answer = GENERATE(ENOSYS, EPERM);
    const pid_t child = ::fork();
    if (child == 0) {
        sock_filter code[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(answer)),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const sock_fprog program{4, code};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            ::_exit(9);
        SystemClock clock;
        auto loop = make_event_loop(clock);
        auto launcher = make_launcher(**loop);
        SpawnOptions options;
        options.program = "/bin/sh";
        options.arguments = {"sh", "-c", "exit 5"};
        std::optional<Exit> exit;
        const auto process = (*launcher)->spawn(options, [&](Exit how) { exit = how; });
        const Steady end = clock.steady() + 10s;
        while (process && !exit && clock.steady() < end) static_cast<void>((*loop)->run_once(10ms));
        options.program = "/no/such/program";
        const bool named = (*launcher)->spawn(options, [](Exit) {}).error().code == Code::not_found;
        ::_exit(exit == Exit{Exit::How::exited, 5} && named ? 0 : 8);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
