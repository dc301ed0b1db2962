#include "platform/os/loop.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/signal_numbers.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

std::uint32_t to_epoll(Interest interest) {
    return (interest.read ? EPOLLIN : 0u) | (interest.write ? EPOLLOUT : 0u) | (interest.urgent ? EPOLLPRI : 0u);
}

Ready to_ready(std::uint32_t events) {
    return {.read = (events & (EPOLLIN | EPOLLRDHUP)) != 0,
            .write = (events & EPOLLOUT) != 0,
            .urgent = (events & EPOLLPRI) != 0,
            .hang_up = (events & (EPOLLHUP | EPOLLERR)) != 0};
}

struct Watched {
    int number = -1;
    bool registered = false;
    std::function<void(Ready)> function;
};

using TimerKey = std::pair<std::int64_t, std::uint64_t>;  // time, order of creation

/// What subscriptions refer to; they may outlive the loop.
struct Tables {
    Descriptor epoll;
    std::map<std::uint64_t, std::shared_ptr<Watched>> watched;
    std::map<TimerKey, std::function<void()>> timers;
    std::map<std::uint64_t, std::pair<int, std::shared_ptr<std::function<void()>>>> signals;
    std::uint64_t last_id = 0;

    Result<> set(std::uint64_t id, Watched& entry, Interest interest) {
        epoll_event event{};
        event.events = to_epoll(interest);
        event.data.u64 = id;
        const bool wanted = event.events != 0;
        if (!wanted && !entry.registered) return {};
        const int operation = !wanted ? EPOLL_CTL_DEL : entry.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        if (::epoll_ctl(epoll.get(), operation, entry.number, &event) != 0)
            return system_fail(errno, "watching descriptor", std::to_string(entry.number));
        entry.registered = wanted;
        return {};
    }
};

class LinuxWatch final : public Watch {
public:
    LinuxWatch(std::weak_ptr<Tables> tables, std::uint64_t id) : tables_(std::move(tables)), id_(id) {}
    ~LinuxWatch() override {
        const auto tables = tables_.lock();
        if (!tables) return;
        const auto found = tables->watched.find(id_);
        if (found->second->registered) ::epoll_ctl(tables->epoll.get(), EPOLL_CTL_DEL, found->second->number, nullptr);
        tables->watched.erase(found);
    }
    Result<> change(Interest interest) override {
        const auto tables = tables_.lock();
        if (!tables) return fail(Code::canceled, "the loop has ended");
        return tables->set(id_, *tables->watched.at(id_), interest);
    }

private:
    std::weak_ptr<Tables> tables_;
    std::uint64_t id_;
};

class LinuxTimer final : public Subscription {
public:
    LinuxTimer(std::weak_ptr<Tables> tables, TimerKey key) : tables_(std::move(tables)), key_(key) {}
    ~LinuxTimer() override {
        if (const auto tables = tables_.lock()) tables->timers.erase(key_);
    }

private:
    std::weak_ptr<Tables> tables_;
    TimerKey key_;
};

class LinuxSignal final : public Subscription {
public:
    LinuxSignal(std::weak_ptr<Tables> tables, std::uint64_t id) : tables_(std::move(tables)), id_(id) {}
    ~LinuxSignal() override {
        if (const auto tables = tables_.lock()) tables->signals.erase(id_);
    }

private:
    std::weak_ptr<Tables> tables_;
    std::uint64_t id_;
};

class LinuxLoop final : public EventLoop {
public:
    explicit LinuxLoop(Clock& clock) : clock_(clock), tables_(std::make_shared<Tables>()) { ::sigemptyset(&mask_); }

    Result<> open() {
        tables_->epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
        wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        timer_.reset(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
        if (!tables_->epoll || !wake_ || !timer_) return system_fail(errno, "making the event loop", "");
        TRY_ASSIGN(wake_watch_, watch(wake_.get(), {.read = true}, [this](Ready) { drain(wake_); }));
        TRY_ASSIGN(timer_watch_, watch(timer_.get(), {.read = true}, [this](Ready) { drain(timer_); }));
        return {};
    }

    Handle at(Steady moment, std::function<void()> function) override {
        const TimerKey key{moment.us, ++tables_->last_id};
        tables_->timers.emplace(key, std::move(function));
        return std::make_unique<LinuxTimer>(tables_, key);
    }

    Handle after(Duration duration, std::function<void()> function) override {
        return at(clock_.steady() + duration, std::move(function));
    }

    void post(std::function<void()> function) override {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = posted_.empty();
            posted_.push_back(std::move(function));
        }
        if (first && std::this_thread::get_id() != thread_.load()) wake();
    }

    Result<std::unique_ptr<Watch>> watch(Native native, Interest interest,
                                         std::function<void(Ready)> function) override {
        const std::uint64_t id = ++tables_->last_id;
        auto entry = std::make_shared<Watched>();
        entry->number = static_cast<int>(native);
        entry->function = std::move(function);
        TRY(tables_->set(id, *entry, interest));
        tables_->watched.emplace(id, std::move(entry));
        return std::make_unique<LinuxWatch>(tables_, id);
    }

    Result<Handle> on_signal(Signal signal, std::function<void()> function) override {
        const int number = to_number(signal);
        ::sigaddset(&mask_, number);
        if (const int error = ::pthread_sigmask(SIG_BLOCK, &mask_, nullptr); error != 0)
            return system_fail(error, "blocking", to_string(signal));
        const int descriptor = ::signalfd(signals_.get(), &mask_, SFD_CLOEXEC | SFD_NONBLOCK);
        if (descriptor < 0) return system_fail(errno, "waiting for", to_string(signal));
        if (!signals_) {
            signals_.reset(descriptor);
            TRY_ASSIGN(signals_watch_, watch(descriptor, {.read = true}, [this](Ready) { take_signals(); }));
        }
        const std::uint64_t id = ++tables_->last_id;
        tables_->signals.emplace(id, std::pair(number, std::make_shared<std::function<void()>>(std::move(function))));
        return std::make_unique<LinuxSignal>(tables_, id);
    }

    Result<> run() override {
        while (!stopped_.exchange(false)) TRY(turn(-1));
        return {};
    }

    Result<> run_once(Duration wait) override {
        return turn(static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
    }

    void stop() override {
        stopped_ = true;
        wake();
    }

private:
    void wake() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto wrote = ::write(wake_.get(), &one, sizeof one);
    }

    static void drain(const Descriptor& descriptor) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(descriptor.get(), &count, sizeof count);
    }

    bool has_posted() {
        const std::lock_guard lock(mutex_);
        return !posted_.empty();
    }

    Result<> turn(int wait_ms) {
        thread_ = std::this_thread::get_id();
        if (has_posted()) wait_ms = 0;
        if (wait_ms != 0) TRY(arm());
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(tables_->epoll.get(), events.data(), static_cast<int>(events.size()), wait_ms);
        if (count < 0 && errno != EINTR) return system_fail(errno, "waiting for events", "");
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            // Gone when a function called before has destroyed the watch; the copy keeps the function while it runs.
            const auto found = tables_->watched.find(event.data.u64);
            if (found == tables_->watched.end()) continue;
            const std::shared_ptr<Watched> entry = found->second;
            if (entry->registered) entry->function(to_ready(event.events));
        }
        run_timers();
        run_posted();
        // What runs between two turns of run_once() is outside of a turn, and a post there must wake.
        thread_ = std::thread::id();
        return {};
    }

    // Relative, so that a clock that a test pushes needs no other treatment.
    Result<> arm() {
        if (tables_->timers.empty() && !armed_) return {};
        itimerspec when{};
        armed_ = !tables_->timers.empty();
        if (armed_) {
            const Duration delay = Steady{tables_->timers.begin()->first.first} - clock_.steady();
            const std::int64_t us = std::max<std::int64_t>(delay.count(), 0);
            when.it_value.tv_sec = us / 1'000'000;
            when.it_value.tv_nsec = us % 1'000'000 * 1000;
            if (us == 0) when.it_value.tv_nsec = 1;
        }
        if (::timerfd_settime(timer_.get(), 0, &when, nullptr) != 0) return system_fail(errno, "setting a timer", "");
        return {};
    }

    void run_timers() {
        if (tables_->timers.empty()) return;
        const std::int64_t now = clock_.steady().us;
        const std::uint64_t last = tables_->last_id;  // made later: due in the next turn
        for (auto next = tables_->timers.begin(); next != tables_->timers.end() && next->first.first <= now;) {
            if (next->first.second > last) {
                ++next;
                continue;
            }
            const TimerKey key = next->first;
            const auto function = std::move(next->second);
            tables_->timers.erase(next);
            function();
            next = tables_->timers.upper_bound(key);
        }
    }

    void run_posted() {
        std::vector<std::function<void()>> functions;
        {
            const std::lock_guard lock(mutex_);
            functions.swap(posted_);
        }
        for (auto& function : functions) {
            function();
            function = nullptr;
        }
    }

    void take_signals() {
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            std::vector<std::uint64_t> ids;
            for (const auto& [id, entry] : tables_->signals)
                if (entry.first == static_cast<int>(info.ssi_signo)) ids.push_back(id);
            for (const std::uint64_t id : ids) {
                const auto found = tables_->signals.find(id);
                if (found == tables_->signals.end()) continue;
                const auto function = found->second.second;
                (*function)();
            }
        }
    }

    Clock& clock_;
    std::shared_ptr<Tables> tables_;
    Descriptor wake_;
    Descriptor timer_;
    Descriptor signals_;
    sigset_t mask_{};
    std::unique_ptr<Watch> wake_watch_;
    std::unique_ptr<Watch> timer_watch_;
    std::unique_ptr<Watch> signals_watch_;
    bool armed_ = false;
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;
    std::atomic<std::thread::id> thread_;
    std::atomic<bool> stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<EventLoop>> make_event_loop(Clock& clock) {
    ::signal(SIGPIPE, SIG_IGN);
    auto loop = std::make_unique<LinuxLoop>(clock);
    TRY(loop->open());
    return loop;
}

}  // namespace slipway::os
