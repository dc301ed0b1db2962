#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/attempt/growing_file.h"
#include "platform/base/time.h"
#include "platform/wire/event.h"

namespace slipway::attempt {

/// The file `events` of one attempt: numbers what happens and writes one line each. Lines that a full disk refuses are
/// kept in memory and written with the next one.
class EventLog {
public:
    using What = decltype(wire::Event::what);
    struct Limits {
        std::int64_t events_max = 0;
    };
    EventLog(std::unique_ptr<os::File> file, Clock& clock, Limits limits);

    void begin(Steady start) { start_ = start; }

    /// Issues, progress and variables beyond the limit are dropped, which one last issue says; starts and ends of tasks
    /// always have room.
    void write(What what);
    /// All that was written is on the disk, or an error.
    Result<> sync();
    std::uint64_t unsynced_bytes() const { return file_.unsynced_bytes() + pending_.size(); }
    bool has_issues() const { return has_issues_; }

private:
    void put(What what);

    GrowingFile file_;
    Clock& clock_;
    Limits limits_;
    Steady start_;
    std::int64_t seq_ = 0;
    std::string pending_;
    bool has_issues_ = false;
};

}  // namespace slipway::attempt
