#include "coordinator/desk/writer.h"

#include "platform/base/assert.h"

namespace slipway::desk {

void Writer::start() {
    loop_.post([this] { arm(); });
    thread_ = std::thread([this] {
        const auto ran = loop_.run();
        ASSERT(ran);
    });
}

void Writer::stop() {
    if (!thread_.joinable()) return;
    loop_.post([this] {
        drain();
        timer_.reset();
        loop_.stop();
    });
    thread_.join();
}

void Writer::submit(Desk::Work work) {
    {
        const std::lock_guard lock(mutex_);
        submitted_.push_back(std::move(work));
        if (std::exchange(drain_posted_, true)) return;
    }
    loop_.post([this] { drain(); });
}

void Writer::inspect(std::function<void(Desk&)> function) {
    loop_.post([this, function = std::move(function)] { function(desk_); });
}

void Writer::drain() {
    std::vector<Desk::Work> works;
    {
        const std::lock_guard lock(mutex_);
        works.swap(submitted_);
        drain_posted_ = false;
    }
    if (!works.empty()) desk_.run(works);
    arm();
}

void Writer::arm() {
    const auto next = desk_.next_deadline();
    if (next == armed_) return;
    armed_ = next;
    timer_.reset();
    if (!next) return;
    timer_ = loop_.at(*next, [this] {
        armed_.reset();
        desk_.tick();
        arm();
    });
}

}  // namespace slipway::desk
