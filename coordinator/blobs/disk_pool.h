#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/base/result.h"

namespace slipway::blobs {

/// Threads for work that blocks on the disk. Work of one key runs in order and never at the same time; different keys
/// side by side. The queue is bounded.
class DiskPool {
public:
    DiskPool(std::size_t threads, std::size_t queue_max);
    ~DiskPool();    ///< as finish()
    void finish();  ///< returns when all that was submitted has run; what comes later is refused

    /// From any thread. Code::unavailable when the queue is full.
    Result<> submit(const std::string& key, std::function<void()> work);

private:
    void run();

    const std::size_t queue_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::deque<std::function<void()>>> waiting_;  ///< by key; there while one of it runs
    std::deque<std::string> ready_;                                     ///< keys whose next work may run
    std::size_t queued_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace slipway::blobs
