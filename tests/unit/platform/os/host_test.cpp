#include "platform/os/host.h"

#include <algorithm>

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

TEST_CASE("the host describes itself") {
    const Host host = VALUE_OF(read_host());
    CHECK(host.boot.size() == 36);
    CHECK_FALSE(host.name.empty());
    CHECK(host.system == "linux");
    CHECK(host.executable.ends_with("test_unit_platform_os"));
    CHECK(host.process_id == ::getpid());
    CHECK(host.processors >= 1);
    CHECK(host.memory_bytes > 64u * 1024 * 1024);
    const MemoryUse use = VALUE_OF(read_memory_use());
    CHECK(use.resident_bytes >= use.proportional_bytes);
    CHECK(use.proportional_bytes > 0);
}

TEST_CASE("the environment is a snapshot") {
    ::setenv("SLIPWAY_TEST_VARIABLE", "a=b", 1);
    const Environment environment = read_environment();
    ::unsetenv("SLIPWAY_TEST_VARIABLE");
    CHECK(environment.at("SLIPWAY_TEST_VARIABLE") == "a=b");
}

TEST_CASE("programs are found in the order of the path; directories that others may write are skipped and named") {
    SystemFilesFixture fixture;
    const auto add = [&](const char* folder, const char* name, std::uint32_t mode) {
        const auto directory = VALUE_OF(fixture.files().make_directories(fixture.path() + "/" + folder, 0755));
        const auto file = VALUE_OF(directory->open(name, {.access = Access::write, .create = Create::exclusive}));
        REQUIRE_DONE(file->set_mode(mode));
        return VALUE_OF(fixture.files().open_directory(fixture.path() + "/" + folder));
    };
    REQUIRE_DONE(add("open", "tool", 0755)->set_mode(0777));
    add("first", "tool", 0755);
    add("first", "text", 0644);
    add("second", "tool", 0755);
    add("second", "text", 0755);
    const std::string p = fixture.path();
    const FoundPrograms found =
        find_programs(p + "/open:" + p + "/none:" + p + "/first:relative::" + p + "/second", {"tool", "text", "other"});
    CHECK(found.paths == std::map<std::string, std::string>{{"tool", p + "/first/tool"}, {"text", p + "/second/text"}});
    CHECK(found.skipped_directories == std::vector<std::string>{p + "/open", "relative", "."});
}

TEST_CASE("a hardened process makes private files, leaves no core and cannot be read by its user") {
    const pid_t child = ::fork();
    if (child == 0) {
        rlimit cores{};
        const bool good = harden_process().has_value() && ::umask(0) == 077 && ::prctl(PR_GET_DUMPABLE) == 0 &&
                          ::getrlimit(RLIMIT_CORE, &cores) == 0 && cores.rlim_cur == 0;
        struct stat raw {};
        const bool closed = ::stat("/proc/self/environ", &raw) == 0 && raw.st_uid == 0;
        ::_exit(good && closed ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a stream that is no terminal says so") {
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(1);
        ::_exit(read_terminal(Standard::output).is_terminal ? 1 : 0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("the clocks go on and random bytes differ") {
    SystemClock clock;
    const Steady before = clock.steady();
    CHECK(clock.steady() >= before);
    CHECK(clock.wall() > Time{1'700'000'000'000'000});
    SystemRandom random;
    CHECK(random.bytes(16) != random.bytes(16));
    CHECK(random.bytes(100'000).size() == 100'000);
}

TEST_CASE("a process that gives its memory back is smaller and goes on as before") {
    std::vector<std::unique_ptr<std::string>> pieces;
    for (int i = 0; i < 100'000; ++i) pieces.push_back(std::make_unique<std::string>(100, 'x'));
    const std::string kept = *pieces.front();
    pieces.resize(1);
    const auto before = VALUE_OF(read_memory_use());
    give_back_memory();
    const auto after = VALUE_OF(read_memory_use());
    CHECK(after.resident_bytes + (4u << 20) < before.resident_bytes);
    CHECK(*pieces.front() == kept);
}

TEST_CASE("a clock can be pushed in the crash preset and in no other") {
    char path[] = "/tmp/slipway-clock-XXXXXX";
    const int file = ::mkstemp(path);
    REQUIRE(file >= 0);
    ::setenv("SLIPWAY_CLOCK_FILE", path, 1);
    SystemLoopFixture real;
    SystemClock clock;
    auto loop = VALUE_OF(make_event_loop(clock));
    const Handle following = VALUE_OF(follow_pushes(*loop, clock));
    const Time wall = clock.wall();
    bool called = false;
    const Handle timer = loop->after(2h, [&] { called = true; });
    constexpr std::int64_t hour = 3'600'000'000;
    const std::int64_t push[2] = {-hour, 3 * hour};
    REQUIRE(::write(file, push, sizeof push) == sizeof push);
    REQUIRE_DONE(loop->run_once(10ms));
    REQUIRE_DONE(loop->run_once(10ms));
#ifdef SLIPWAY_CRASH_POINTS
    CHECK(called);
    CHECK(clock.wall() < wall);
    SystemClock later;
    CHECK(later.wall() < wall);
    CHECK(later.steady() > clock.steady() - 1min);
#else
    CHECK_FALSE(called);
    CHECK(clock.wall() >= wall);
    CHECK_FALSE(clock.pushes().has_value());
#endif
    ::unsetenv("SLIPWAY_CLOCK_FILE");
    ::close(file);
    ::unlink(path);
}
