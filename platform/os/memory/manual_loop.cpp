#include "platform/os/memory/manual_loop.h"

#include "platform/base/assert.h"

namespace slipway::os {
namespace {

using Key = std::pair<std::int64_t, std::uint64_t>;  // time, order of creation

}  // namespace

struct ManualLoop::Timers {
    std::map<Key, std::function<void()>> waiting;
    std::uint64_t last = 0;

    struct Timer final : Subscription {
        Timer(std::weak_ptr<Timers> all, Key place) : timers(std::move(all)), key(place) {}
        ~Timer() override {
            if (const auto all = timers.lock()) all->waiting.erase(key);
        }
        std::weak_ptr<Timers> timers;
        Key key;
    };
};

ManualLoop::ManualLoop(ManualClock& clock) : clock_(clock), timers_(std::make_shared<Timers>()) {}
ManualLoop::~ManualLoop() = default;

Handle ManualLoop::at(Steady moment, std::function<void()> function) {
    const Key key{moment.us, ++timers_->last};
    timers_->waiting.emplace(key, std::move(function));
    return std::make_unique<Timers::Timer>(timers_, key);
}

Handle ManualLoop::after(Duration duration, std::function<void()> function) {
    return at(clock_.steady() + duration, std::move(function));
}

void ManualLoop::post(std::function<void()> function) {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(function));
}

std::optional<Steady> ManualLoop::next() {
    const std::lock_guard lock(mutex_);
    if (!posted_.empty()) return clock_.steady();
    if (timers_->waiting.empty()) return std::nullopt;
    return Steady{timers_->waiting.begin()->first.first};
}

bool ManualLoop::turn() {
    bool any = false;
    const std::int64_t now = clock_.steady().us;
    const std::uint64_t last = timers_->last;
    const auto timers = timers_;
    for (auto next = timers->waiting.begin(); next != timers->waiting.end() && next->first.first <= now;) {
        if (next->first.second > last) {
            ++next;
            continue;
        }
        const Key key = next->first;
        const auto function = std::move(next->second);
        timers->waiting.erase(next);
        any = true;
        function();
        next = timers->waiting.upper_bound(key);
    }
    std::vector<std::function<void()>> posted;
    {
        const std::lock_guard lock(mutex_);
        posted.swap(posted_);
    }
    for (const auto& function : posted) function();
    return any || !posted.empty();
}

void ManualLoop::run_ready(int turns_max) {
    for (int turns = 0; turn(); ++turns) ASSERT(turns < turns_max);
}

void ManualLoop::run_for(Duration duration) {
    const Steady end = clock_.steady() + duration;
    for (;;) {
        run_ready();
        const auto moment = next();
        if (!moment || *moment > end) break;
        clock_.advance(*moment - clock_.steady());
    }
    clock_.advance(end - clock_.steady());
}

}  // namespace slipway::os
