#include "coordinator/http/beast_loop.h"

#include <algorithm>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace slipway::http {

namespace asio = boost::asio;

/// Ends its timer; may outlive the loop.
class AsioLoop::TimerHandle final : public os::Subscription {
public:
    TimerHandle(std::weak_ptr<Timers> timers, Key key) : timers_(std::move(timers)), key_(key) {}
    ~TimerHandle() override {
        const auto timers = timers_.lock();
        if (!timers) return;
        // The function goes last: it may hold what holds this handle.
        if (auto node = timers->extract(key_)) node.mapped() = nullptr;
    }

private:
    std::weak_ptr<Timers> timers_;
    Key key_;
};

AsioLoop::AsioLoop(Clock& clock, Duration tick)
    : clock_(clock), wheel_(tick, clock.steady()), wheel_timer_(context_), timer_(context_) {}

void AsioLoop::run() {
    thread_ = std::this_thread::get_id();
    const auto work = asio::make_work_guard(context_);
    context_.run();
}

void AsioLoop::close() {
    std::vector<std::function<void()>> dropped;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        dropped.swap(posted_);
    }
    dropped.clear();
    Timers timers;
    timers.swap(*timers_);
}

void AsioLoop::post(std::function<void()> function) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        posted_.push_back(std::move(function));
        if (posted_.size() > 1) return;  // the loop is already on its way to them
    }
    asio::post(context_, [this] { run_posted(); });
}

void AsioLoop::run_posted() {
    std::vector<std::function<void()>> functions;
    {
        const std::lock_guard lock(mutex_);
        functions.swap(posted_);
    }
    for (std::function<void()>& function : functions) {
        function();
        function = nullptr;
    }
}

void AsioLoop::look_at_clock() {
    post([this] {
        timer_.cancel();
        run_timers();
    });
}

os::Handle AsioLoop::after(Duration duration, std::function<void()> function) {
    return at(now() + duration, std::move(function));
}

os::Handle AsioLoop::at(Steady moment, std::function<void()> function) {
    const Key key{moment, ++timer_number_};
    timers_->emplace(key, std::move(function));
    arm_timers();
    return std::make_unique<TimerHandle>(timers_, key);
}

void AsioLoop::arm_timers() {
    if (timers_->empty()) return;
    const Steady due = timers_->begin()->first.first;
    if (timer_armed_ && timer_due_ <= due) return;
    timer_armed_ = true;
    timer_due_ = due;
    timer_.expires_after(std::max(due - now(), Duration::zero()));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) run_timers();
    });
}

void AsioLoop::run_timers() {
    timer_armed_ = false;
    const Key end{now(), timer_number_};  // what is added meanwhile waits for the next turn
    while (!timers_->empty() && timers_->begin()->first <= end) {
        const std::function<void()> function = std::move(timers_->begin()->second);
        timers_->erase(timers_->begin());
        function();
    }
    arm_timers();
}

void AsioLoop::set_deadline(TimingWheel::Entry& entry, Duration from_now) {
    wheel_.set(entry, now() + from_now);
    if (wheel_turns_) return;
    wheel_turns_ = true;
    turn_wheel();
}

void AsioLoop::turn_wheel() {
    wheel_timer_.expires_after(wheel_.tick());
    wheel_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        wheel_.advance(now());
        if (wheel_.is_empty())
            wheel_turns_ = false;
        else
            turn_wheel();
    });
}

}  // namespace slipway::http
