// What only the system's own loop has: descriptors, signals, pipes.

#include "platform/os/loop.h"

#include <thread>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "platform/os/pipe.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

namespace {

struct PipePair {
    PipePair() {
        int numbers[2];
        REQUIRE(::pipe2(numbers, O_CLOEXEC | O_NONBLOCK) == 0);
        reading = numbers[0];
        writing = numbers[1];
    }
    int reading;
    int writing;
};

}  // namespace

TEST_CASE("a watched descriptor calls in each turn in which it is ready, until nothing is asked") {
    SystemLoopFixture fixture;
    PipePair pipe;
    int calls = 0;
    bool hung_up = false;
    auto watch = VALUE_OF(fixture.loop().watch(pipe.reading, {.read = true}, [&](Ready ready) {
        ++calls;
        hung_up = ready.hang_up;
    }));
    REQUIRE_DONE(fixture.loop().run_once(1ms));
    CHECK(calls == 0);
    REQUIRE(::write(pipe.writing, "x", 1) == 1);
    REQUIRE_DONE(fixture.loop().run_once(1ms));
    REQUIRE_DONE(fixture.loop().run_once(1ms));
    CHECK(calls == 2);
    REQUIRE_DONE(watch->change({}));
    ::close(pipe.writing);
    REQUIRE_DONE(fixture.loop().run_once(1ms));
    CHECK(calls == 2);
    REQUIRE_DONE(watch->change({.read = true}));
    REQUIRE_DONE(fixture.loop().run_once(1ms));
    CHECK(calls == 3);
    CHECK(hung_up);
    watch.reset();
    ::close(pipe.reading);
}

TEST_CASE("a watch that another's call destroys is not called, though its descriptor was ready") {
    SystemLoopFixture fixture;
    PipePair one;
    PipePair two;
    int calls = 0;
    std::unique_ptr<Watch> first;
    std::unique_ptr<Watch> second;
    const auto function = [&](Ready) {
        ++calls;
        first.reset();
        second.reset();
    };
    first = VALUE_OF(fixture.loop().watch(one.reading, {.read = true}, function));
    second = VALUE_OF(fixture.loop().watch(two.reading, {.read = true}, function));
    REQUIRE(::write(one.writing, "x", 1) == 1);
    REQUIRE(::write(two.writing, "x", 1) == 1);
    REQUIRE_DONE(fixture.loop().run_once(10ms));
    CHECK(calls == 1);
    for (const int number : {one.reading, one.writing, two.reading, two.writing}) ::close(number);
}

TEST_CASE("signals come as calls in the loop") {
    SystemLoopFixture fixture;
    std::string order;
    const pid_t child = ::fork();  // blocking a signal would outlast this test
    if (child == 0) {
        const auto hang_up = fixture.loop().on_signal(Signal::hang_up, [&] { order += "h"; });
        const auto terminate = fixture.loop().on_signal(Signal::terminate, [&] { order += "t"; });
        ::kill(::getpid(), SIGTERM);
        static_cast<void>(fixture.loop().run_once(1s));
        ::kill(::getpid(), SIGHUP);
        static_cast<void>(fixture.loop().run_once(1s));
        ::_exit(order == "th" ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("an idle loop does not wake up") {
    SystemLoopFixture fixture;
    PipePair pipe;
    const auto watch = VALUE_OF(fixture.loop().watch(pipe.reading, {.read = true}, [](Ready) {}));
    const Handle cancelled = fixture.loop().after(1ms, [] {});
    const Handle later = fixture.loop().after(1h, [] {});
    REQUIRE_DONE(fixture.loop().run_once(20ms));
    const Handle stop = fixture.loop().after(300ms, [&] { fixture.loop().stop(); });
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_THREAD, &before);
    REQUIRE_DONE(fixture.loop().run());
    ::getrusage(RUSAGE_THREAD, &after);
    CHECK(after.ru_nvcsw - before.ru_nvcsw <= 2);
    ::close(pipe.reading);
    ::close(pipe.writing);
}

TEST_CASE("a reader that is paused is silent, and told of the end when it goes on") {
    SystemLoopFixture fixture;
    PipePair pipe;
    const auto reader = VALUE_OF(make_pipe_reader(fixture.loop(), pipe.reading));
    char buffer[8];
    CHECK_FALSE(VALUE_OF(reader->read(buffer)).has_value());
    int calls = 0;
    REQUIRE_DONE(reader->start([&] {
        ++calls;
        reader->pause();
    }));
    REQUIRE(::write(pipe.writing, "ab", 2) == 2);
    fixture.run_until([&] { return calls == 1; });
    ::close(pipe.writing);
    REQUIRE_DONE(fixture.loop().run_once(5ms));
    CHECK(calls == 1);
    CHECK(VALUE_OF(reader->read(buffer)) == 2u);
    REQUIRE_DONE(reader->start([&] { ++calls; }));
    fixture.run_until([&] { return calls >= 2; });
    CHECK(VALUE_OF(reader->read(buffer)) == 0u);
}

TEST_CASE("standard input may be a file or nothing") {
    SystemLoopFixture fixture;
    const char* path = GENERATE("/etc/hostname", "/dev/null");
    const auto reader = VALUE_OF(make_pipe_reader(fixture.loop(), ::open(path, O_RDONLY | O_CLOEXEC)));
    bool end = false;
    char buffer[4096];
    REQUIRE_DONE(reader->start([&] {
        end = VALUE_OF(reader->read(buffer)) == 0u;
        if (end) reader->pause();
    }));
    fixture.run_until([&] { return end; });
}
