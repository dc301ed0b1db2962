#include "platform/os/clock.h"

#include <cerrno>
#include <ctime>

#include <sys/random.h>

#include "platform/base/assert.h"

#ifdef SLIPWAY_CRASH_POINTS
#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>
#endif

namespace slipway::os {
namespace {

std::int64_t read_clock(clockid_t id) {
    timespec now{};
    ASSERT(::clock_gettime(id, &now) == 0);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

#ifdef SLIPWAY_CRASH_POINTS

SystemClock::SystemClock() {
    const char* const text = std::getenv("SLIPWAY_CLOCK_FD");
    if (text == nullptr) return;
    const int number = std::atoi(text);
    const int flags = ::fcntl(number, F_GETFL);
    if (flags < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) < 0 || ::fcntl(number, F_SETFD, FD_CLOEXEC) < 0)
        return;
    pushes_ = number;
}

void SystemClock::take_pushes() {
    std::array<std::int64_t, 2> push{};
    while (pushes_) {
        // Records are shorter than PIPE_BUF: they come whole.
        const ssize_t got = ::read(static_cast<int>(*pushes_), push.data(), sizeof push);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) pushes_.reset();  // the test has closed its end
        if (got != static_cast<ssize_t>(sizeof push)) return;
        wall_pushed_us_ += push[0];
        steady_pushed_us_ += push[1];
    }
}

Result<Handle> follow_pushes(EventLoop& loop, SystemClock& clock) {
    if (!clock.pushes()) return Handle();
    struct Following final : Subscription {
        std::unique_ptr<Watch> watch;
    };
    auto following = std::make_unique<Following>();
    TRY_ASSIGN(following->watch, loop.watch(*clock.pushes(), {.read = true}, [&clock, raw = following.get()](Ready) {
        clock.take_pushes();
        if (!clock.pushes()) raw->watch.reset();
    }));
    return following;
}

Time SystemClock::wall() { return {read_clock(CLOCK_REALTIME) + wall_pushed_us_}; }
Steady SystemClock::steady() { return {read_clock(CLOCK_BOOTTIME) + steady_pushed_us_}; }

#else

SystemClock::SystemClock() = default;
void SystemClock::take_pushes() {}
Result<Handle> follow_pushes(EventLoop&, SystemClock&) { return Handle(); }
Time SystemClock::wall() { return {read_clock(CLOCK_REALTIME)}; }
Steady SystemClock::steady() { return {read_clock(CLOCK_BOOTTIME)}; }

#endif

void SystemRandom::fill(std::span<unsigned char> bytes) {
    while (!bytes.empty()) {
        const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
        ASSERT(got > 0 || errno == EINTR);
        if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace slipway::os
