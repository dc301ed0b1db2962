#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "platform/base/time.h"
#include "platform/os/loop.h"

namespace slipway::os {

/// A clock that stands until it is pushed.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time wall = {1'800'000'000'000'000}, Steady steady = {1'000'000})
        : wall_(wall), steady_(steady) {}
    Time wall() override { return wall_; }
    Steady steady() override { return steady_; }

    void advance(Duration duration) {
        wall_ = wall_ + duration;
        steady_ = steady_ + duration;
    }
    void set_wall(Time wall) { wall_ = wall; }

private:
    Time wall_;
    Steady steady_;
};

/// A loop in virtual time: nothing happens but by the calls below. Several loops may share one clock; whoever drives
/// them takes the one with the earliest next().
class ManualLoop final : public Loop {
public:
    explicit ManualLoop(ManualClock& clock);
    ~ManualLoop() override;

    Handle at(Steady moment, std::function<void()> function) override;
    Handle after(Duration duration, std::function<void()> function) override;
    void post(std::function<void()> function) override;

    /// When something is to be done; now() or earlier if something is due or posted, nothing if nothing ever.
    std::optional<Steady> next();
    /// One turn at the present time: the timers that are due, then what was posted before. False: nothing was.
    bool turn();
    /// Turns until nothing is due; `turns_max` guards a test against a loop that never rests.
    void run_ready(int turns_max = 100'000);
    /// Lets time pass from event to event, to the end of `duration`.
    void run_for(Duration duration);

private:
    struct Timers;

    ManualClock& clock_;
    std::shared_ptr<Timers> timers_;
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;
};

}  // namespace slipway::os
