#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "agent/link/attempt_processes.h"
#include "platform/base/logger.h"

namespace slipway::link {

/// A waiting process on its way to its attempt.
struct Waiting {
    std::string group;
    std::unique_ptr<AttemptProcess> process;
    /// Whoever takes it says what its end means from then on.
    std::shared_ptr<std::function<void()>> ended;
};

/// Keeps one waiting process for every free slot, so that an order costs no start of a process.
class Slots {
public:
    Slots(AttemptProcesses& processes, os::Loop& loop, Logger& logger)
        : processes_(processes), loop_(loop), logger_(logger) {}

    /// Starts waiting processes until there are as many as free slots. One that ends by itself is replaced after a
    /// pause.
    void keep(int free_slots);
    /// One of them, or a new one. An error if none can be started.
    Result<Waiting> take();
    /// The link ends: so do they. `done` is called once, when none is left and their groups are gone; maybe inside this
    /// call.
    void release(std::function<void()> done);

private:
    struct Spare {
        std::string directory;
        Waiting waiting;
    };
    Result<Spare> start();

    AttemptProcesses& processes_;
    os::Loop& loop_;
    Logger& logger_;
    std::deque<Spare> spares_;
    std::int64_t number_ = 0;
    int wanted_ = 0;
    os::Handle again_;
};

}  // namespace slipway::link
