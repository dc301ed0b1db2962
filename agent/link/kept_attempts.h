#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "agent/journal/journal.h"
#include "platform/base/logger.h"
#include "platform/base/time.h"
#include "platform/os/files.h"

namespace slipway::link {

/// Directories of attempts that the coordinator has all of. They stay for a while (1,000 of them, 7 days, 2 GiB of
/// logs), as the host's own memory of what ran; then the oldest go. Moving one out of the way is quick and done here,
/// removing it is slow and somebody else's.
class KeptAttempts {
public:
    /// `remove` takes the name of a directory that was moved out of the way, and does not block.
    KeptAttempts(Clock& clock, Logger& logger, std::uint32_t owner, std::function<void(std::string)> remove)
        : clock_(clock), logger_(logger), owner_(owner), remove_(std::move(remove)) {}

    /// What lies there of earlier starts, but for what `is_held` says; also what was moved out of the way and not
    /// removed. `attempts` outlives this.
    Result<> open(os::Directory& attempts, const std::function<bool(const std::string&)>& is_held);
    /// Its work folder goes at once, unless a task was to live on in it.
    enum class WorkFolder { keep, remove };
    void add(const std::string& attempt, std::int64_t fence, WorkFolder work);
    /// It is held from now on: its directory does not go.
    void take_back(const std::string& attempt);
    /// Moves away what is too much, and says so in the journal. REQUIRES: the ends of these attempts are synced.
    void prune(journal::Journal& journal);

private:
    struct Kept {
        std::string attempt;
        std::int64_t fence = 0;  ///< 0: not looked up yet
        std::int64_t bytes = 0;
        Time since;
    };
    Kept describe(const std::string& attempt);
    void discard_work(const std::string& attempt);
    bool too_much() const;

    Clock& clock_;
    Logger& logger_;
    const std::uint32_t owner_;
    const std::function<void(std::string)> remove_;
    os::Directory* attempts_ = nullptr;
    std::deque<Kept> kept_;  ///< oldest first
    std::int64_t bytes_ = 0;
};

}  // namespace slipway::link
