#include "agent/link/directory_remover.h"

namespace slipway::link {

DirectoryRemover::DirectoryRemover(std::unique_ptr<os::Directory> directory)
    : directory_(std::move(directory)), thread_([this] { run(); }) {}

DirectoryRemover::~DirectoryRemover() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void DirectoryRemover::remove(std::string name) {
    {
        const std::lock_guard lock(mutex_);
        names_.push_back(std::move(name));
    }
    changed_.notify_one();
}

void DirectoryRemover::run() {
    for (;;) {
        std::string name;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !names_.empty(); });
            if (stopping_) return;
            name = std::move(names_.front());
            names_.pop_front();
        }
        // One that cannot be removed now is found again by the next start.
        [[maybe_unused]] const auto removed = directory_->remove_tree(name);
    }
}

}  // namespace slipway::link
