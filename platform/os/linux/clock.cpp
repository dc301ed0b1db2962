#include "platform/os/clock.h"

#include <cerrno>
#include <ctime>

#include <sys/random.h>

#include "platform/base/assert.h"

#ifdef SLIPWAY_CRASH_POINTS
#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <sys/inotify.h>
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
    const char* const path = std::getenv("SLIPWAY_CLOCK_FILE");
    if (path == nullptr) return;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    ASSERT(file >= 0);
    file_ = file;
    const int pushes = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    ASSERT(pushes >= 0 && ::inotify_add_watch(pushes, path, IN_MODIFY) >= 0);
    pushes_ = pushes;
    take_pushes();
}

SystemClock::~SystemClock() {
    for (const auto& owned : {pushes_, file_})
        if (owned) ::close(static_cast<int>(*owned));
}

void SystemClock::take_pushes() {
    if (!file_) return;
    std::array<char, 4096> events{};
    while (::read(static_cast<int>(*pushes_), events.data(), events.size()) > 0) {
    }
    std::array<std::int64_t, 2> push{};
    // A record is written at once: it is there whole or not yet.
    while (::pread(static_cast<int>(*file_), push.data(), sizeof push, taken_bytes_) == sizeof push) {
        taken_bytes_ += static_cast<std::int64_t>(sizeof push);
        wall_pushed_us_ += push[0];
        steady_pushed_us_ += push[1];
    }
}

Result<Handle> follow_pushes(EventLoop& loop, SystemClock& clock, std::function<void()> pushed) {
    if (!clock.pushes()) return Handle();
    return loop.watch(*clock.pushes(), {.read = true}, [&clock, pushed = std::move(pushed)](Ready) {
        clock.take_pushes();
        if (pushed) pushed();
    });
}

Time SystemClock::wall() { return {read_clock(CLOCK_REALTIME) + wall_pushed_us_}; }
Steady SystemClock::steady() { return {read_clock(CLOCK_BOOTTIME) + steady_pushed_us_}; }

#else

SystemClock::SystemClock() = default;
SystemClock::~SystemClock() = default;
void SystemClock::take_pushes() {}
Result<Handle> follow_pushes(EventLoop&, SystemClock&, std::function<void()>) { return Handle(); }
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
