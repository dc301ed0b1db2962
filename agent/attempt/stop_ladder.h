#pragma once

#include <functional>

#include "platform/base/result.h"
#include "platform/os/loop.h"
#include "platform/os/signal.h"

namespace slipway::attempt {

/// How a task is asked to end: SIGINT at once, SIGTERM at three quarters of the grace, SIGKILL at its end.
class StopLadder {
public:
    /// `send` is called from the loop and from begin(). What it cannot send is past: the next step follows anyway.
    StopLadder(os::Loop& loop, std::function<void(os::Signal)> send) : loop_(loop), send_(std::move(send)) {}

    /// A second call takes the place of the first if it ends earlier. Without grace: SIGKILL at once.
    void begin(Steady now, Duration grace);
    bool begun() const { return begun_; }
    void end();  ///< nothing more is sent

private:
    os::Loop& loop_;
    std::function<void(os::Signal)> send_;
    os::Handle terminate_;
    os::Handle kill_;
    Steady end_;
    bool begun_ = false;
};

}  // namespace slipway::attempt
