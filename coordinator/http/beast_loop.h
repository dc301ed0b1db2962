#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/http/timing_wheel.h"
#include "platform/base/time.h"
#include "platform/os/loop.h"

namespace slipway::http {

/// os::Loop on Asio's. It outlives the server as long as somebody still holds a Reply; after close() it drops whatever
/// is posted.
class AsioLoop final : public os::Loop {
public:
    AsioLoop(Clock& clock, Duration tick);

    os::Handle at(Steady moment, std::function<void()> function) override;
    os::Handle after(Duration duration, std::function<void()> function) override;
    void post(std::function<void()> function) override;

    boost::asio::io_context& context() { return context_; }
    Steady now() { return clock_.steady(); }
    bool in_thread() const { return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed); }

    /// Deadlines of connections. The wheel turns only while something is on it.
    void set_deadline(TimingWheel::Entry& entry, Duration from_now);
    void clear_deadline(TimingWheel::Entry& entry) { wheel_.clear(entry); }

    void look_at_clock();  ///< from any thread: it was pushed
    void run();
    void stop() { context_.stop(); }
    void close();

private:
    using Key = std::pair<Steady, std::uint64_t>;
    using Timers = std::map<Key, std::function<void()>>;
    class TimerHandle;

    void arm_timers();
    void run_timers();
    void turn_wheel();
    void run_posted();

    boost::asio::io_context context_{1};
    Clock& clock_;
    std::atomic<std::thread::id> thread_;

    TimingWheel wheel_;
    boost::asio::steady_timer wheel_timer_;
    bool wheel_turns_ = false;

    std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
    std::uint64_t timer_number_ = 0;
    boost::asio::steady_timer timer_;
    Steady timer_due_;
    bool timer_armed_ = false;

    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;
    bool closed_ = false;
};

}  // namespace slipway::http
