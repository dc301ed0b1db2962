#include "coordinator/blobs/disk_pool.h"

#include <utility>

namespace slipway::blobs {

DiskPool::DiskPool(std::size_t threads, std::size_t queue_max) : queue_max_(queue_max) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

DiskPool::~DiskPool() { finish(); }

void DiskPool::finish() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

Result<> DiskPool::submit(const std::string& key, std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return fail(Code::unavailable, "the coordinator stops");
        if (queued_ >= queue_max_)
            return fail(Code::unavailable,
                        "the disk is behind: " + std::to_string(queue_max_) + " pieces of work wait for it; try again");
        ++queued_;
        const auto [entry, idle] = waiting_.try_emplace(key);
        entry->second.push_back(std::move(work));
        if (!idle) return {};
        ready_.push_back(key);
    }
    changed_.notify_one();
    return {};
}

void DiskPool::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !ready_.empty() || (stopping_ && queued_ == 0); });
        if (ready_.empty()) return;
        const std::string key = std::move(ready_.front());
        ready_.pop_front();
        auto& of_key = waiting_.at(key);
        const std::function<void()> work = std::move(of_key.front());
        of_key.pop_front();
        lock.unlock();
        work();
        lock.lock();
        --queued_;
        if (const auto entry = waiting_.find(key); entry->second.empty()) {
            waiting_.erase(entry);
        } else {
            ready_.push_back(key);
            changed_.notify_one();
        }
        if (stopping_ && queued_ == 0) changed_.notify_all();
    }
}

}  // namespace slipway::blobs
