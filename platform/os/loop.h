#pragma once

#include <functional>
#include <memory>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/native.h"
#include "platform/os/signal.h"

namespace slipway::os {

/// Something a loop was asked for. Its destruction ends it: the function is not called afterwards. May be destroyed
/// inside that function, and after the loop. Only in the loop's thread.
class Subscription {
public:
    virtual ~Subscription() = default;
};
using Handle = std::unique_ptr<Subscription>;

/// One thread's queue of things to do. A turn: all descriptors, signals and ends of processes that are ready, then all
/// timers that are due (by time, then by order of creation), then all that was posted before this phase began. What is
/// posted once in a turn therefore sees all events of the turn: one write and one sync for all of them.
class Loop {
public:
    virtual ~Loop() = default;

    /// Calls once, not before `moment`. A moment that is past is due in the next turn.
    [[nodiscard]] virtual Handle at(Steady moment, std::function<void()> function) = 0;
    [[nodiscard]] virtual Handle after(Duration duration, std::function<void()> function) = 0;
    /// From any thread; functions run in the loop's thread in the order posted.
    virtual void post(std::function<void()> function) = 0;
};

struct Interest {
    bool read = false;
    bool write = false;
    bool urgent = false;  ///< what poll(2) calls an exceptional condition
};

struct Ready {
    bool read = false;  ///< also at the end of a stream
    bool write = false;
    bool urgent = false;
    bool hang_up = false;  ///< the other side is gone, or an error: reading or writing tells which
};

/// A watched descriptor. Destroy it before the descriptor is closed.
class Watch : public Subscription {
public:
    virtual Result<> change(Interest interest) = 0;  ///< with none, not even a hang-up is told
};

/// The loop of this operating system. All but post() and stop() only in the thread that calls run().
class EventLoop : public Loop {
public:
    /// Level-triggered: called in each turn in which the descriptor is ready. One watch per descriptor.
    [[nodiscard]] virtual Result<std::unique_ptr<Watch>> watch(Native native, Interest interest,
                                                               std::function<void(Ready)> function) = 0;
    /// From now on the signal ends nobody; it comes here instead. Ask before other threads start.
    [[nodiscard]] virtual Result<Handle> on_signal(Signal signal, std::function<void()> function) = 0;

    /// Until stop(). Sleeps when nothing is to be done: no wake-ups while idle.
    virtual Result<> run() = 0;
    /// One turn that waits at most `wait` (for tests and for embedding in another loop).
    virtual Result<> run_once(Duration wait) = 0;
    virtual void stop() = 0;  ///< from any thread; run() returns after the current turn
};

/// `clock` drives the timers and outlives the loop. From now on SIGPIPE is ignored: a writer learns it from its write.
Result<std::unique_ptr<EventLoop>> make_event_loop(Clock& clock);

}  // namespace slipway::os
