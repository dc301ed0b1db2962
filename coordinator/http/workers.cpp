#include "coordinator/http/workers.h"

#include <utility>

namespace slipway::http {

Workers::Workers(std::size_t threads, std::size_t queue_max) : queue_max_(queue_max) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() { finish(); }

void Workers::finish() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

Result<> Workers::submit(std::function<void()> function) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return fail(Code::unavailable, "the coordinator stops");
        if (queue_.size() >= queue_max_)
            return fail(Code::unavailable, "the disk threads are " + std::to_string(queue_max_) +
                                               " operations behind; try again in a few seconds");
        queue_.push_back(std::move(function));
    }
    changed_.notify_one();
    return {};
}

void Workers::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const std::function<void()> function = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        function();
        lock.lock();
    }
}

}  // namespace slipway::http
