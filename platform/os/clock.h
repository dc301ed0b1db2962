#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "platform/base/ids.h"
#include "platform/base/time.h"
#include "platform/os/loop.h"

namespace slipway::os {

/// CLOCK_REALTIME and CLOCK_BOOTTIME (which goes on while the machine sleeps).
///
/// In the `crash` preset a test may push it: the environment variable SLIPWAY_CLOCK_FILE names a file to whose end it
/// writes records of two little-endian signed 64-bit numbers, microseconds to add to wall() and to steady(). Each
/// process reads all of it, so that one which starts later lives in the same time.
class SystemClock final : public Clock {
public:
    SystemClock();
    ~SystemClock() override;
    SystemClock(const SystemClock&) = delete;
    SystemClock& operator=(const SystemClock&) = delete;
    Time wall() override;
    Steady steady() override;

    /// The descriptor to wait on; nothing in a release. When it is readable, take_pushes() and look at all timers
    /// again.
    std::optional<Native> pushes() const { return pushes_; }
    void take_pushes();

private:
    std::optional<Native> pushes_;  ///< an inotify instance that watches the file
    std::optional<Native> file_;
    std::int64_t taken_bytes_ = 0;
    std::atomic<std::int64_t> wall_pushed_us_ = 0;
    std::atomic<std::int64_t> steady_pushed_us_ = 0;
};

/// Lets pushes of the clock reach the timers of the loop, then calls `pushed`, which may be empty, for timers
/// elsewhere. An empty handle when there is nothing to follow.
Result<Handle> follow_pushes(EventLoop& loop, SystemClock& clock, std::function<void()> pushed = {});

/// getrandom(2).
class SystemRandom final : public Random {
public:
    void fill(std::span<unsigned char> bytes) override;
};

}  // namespace slipway::os
