#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/base/result.h"

namespace slipway::http {

/// Threads for what may block on a disk. The queue is bounded: who cannot get in answers "try again later".
class Workers {
public:
    Workers(std::size_t threads, std::size_t queue_max);
    ~Workers();     ///< as finish()
    void finish();  ///< runs what is queued to its end; what comes later is refused

    /// From any thread. Code::unavailable when the queue is full.
    Result<> submit(std::function<void()> function);

private:
    void work();

    const std::size_t queue_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace slipway::http
