#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "platform/base/time.h"

namespace slipway::http {

/// Deadlines of very many things that are nearly always moved before they are due: setting and clearing take constant
/// time and no memory. Not exact: a deadline is told up to one tick late, never early. One thread.
class TimingWheel {
public:
    /// What has a deadline; it may be destroyed at any time.
    class Entry {
    public:
        Entry() = default;
        virtual ~Entry();
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

        virtual void on_deadline() = 0;

    private:
        friend class TimingWheel;
        void unlink();

        Entry* before_ = nullptr;
        Entry* after_ = nullptr;
        TimingWheel* wheel_ = nullptr;
        Steady due_;
    };

    TimingWheel(Duration tick, Steady now);
    ~TimingWheel();

    void set(Entry& entry, Steady due);  ///< instead of what it had
    void clear(Entry& entry);
    /// Calls on_deadline() of all that are due, which have none afterwards unless they set one.
    void advance(Steady now);
    bool is_empty() const { return count_ == 0; }
    Duration tick() const { return tick_; }

private:
    struct Head final : Entry {
        void on_deadline() override {}
    };

    void link(Entry& entry, std::int64_t tick_number);
    std::int64_t tick_of(Steady moment) const { return moment.us / tick_.count(); }

    const Duration tick_;
    std::int64_t done_;  ///< the last tick that was advanced over
    std::size_t count_ = 0;
    std::vector<Head> slots_;
};

}  // namespace slipway::http
