#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/os/files.h"
#include "platform/run/holder.h"
#include "platform/run/line_reader.h"
#include "platform/wire/outcome.h"
#include "platform/wire/report.h"

namespace slipway::run {

/// An attempt directory as the link reads it, while tasks that own what lies beside it may do what they like: no name
/// is trusted. Each growing file is opened once, when the view is, checked (regular file, the agent's own, one name)
/// and read through that descriptor from then on. One thread.
class AttemptView {
public:
    /// Opens attempts/<name>. `owner`: the agent's user id. not_found if there is no such directory. A growing file
    /// that is missing or not to be trusted counts as empty, and the log is marked as tampered.
    static Result<std::unique_ptr<AttemptView>> open(os::Directory& attempts, const std::string& name,
                                                     std::uint32_t owner);

    os::Directory& directory() { return *directory_; }

    /// The envelope's bytes; nothing if the file is missing or not to be trusted. The caller compares with the journal.
    Result<std::optional<std::string>> order();
    /// Nothing as long as the file is missing or makes no sense.
    Result<std::optional<Holder>> holder();

    /// How long the log is now. One that shrank is marked as tampered, and keeps its new length.
    Result<std::uint64_t> log_length();
    bool log_tampered() const { return log_tampered_; }
    /// From `offset` on, at most `bytes_max`, less only at the end of the log.
    Result<std::string> read_log(std::uint64_t offset, std::size_t bytes_max);

    /// Before something is promised of it that its own process can promise no more.
    Result<> sync_log();

    struct LogRange {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;  ///< not part of it
    };
    /// The marks of bytes in the range, at most limits::report_marks_max (the rest is left out). Fast when ranges
    /// follow each other.
    Result<std::vector<wire::Mark>> marks(LogRange range);

    struct EventsMax {
        std::size_t count = 0;
        std::size_t bytes = 0;  ///< of their lines together; one event is given in any case
    };
    /// The events after `seq`, in order and without a hole. Fast when calls follow each other; an older `seq` begins at
    /// the file's beginning. A line that makes no sense ends the events for good.
    Result<std::vector<wire::Event>> events_after(std::int64_t seq, EventsMax most);

    /// Whether a task may have begun: a `task_started` stands in the events, or there are bytes of log, or the files
    /// cannot be trusted to say no.
    Result<bool> begun();

    /// To be called only after the attempt process has ended. Nothing if there is none. Code::corrupt, reason
    /// `outcome_tampered`: what lies there was not written by the attempt process.
    Result<std::optional<wire::Outcome>> outcome();

private:
    AttemptView(std::unique_ptr<os::Directory> directory, std::uint32_t owner);

    Result<> open_growing();
    Result<std::unique_ptr<os::File>> open_file(std::string_view name);
    Result<std::optional<std::string>> read_small(std::string_view name, std::size_t bytes_max);
    /// The next event of the file; nothing at its end, or once it made no sense.
    Result<std::optional<wire::Event>> next_event();
    Result<std::optional<wire::Mark>> next_mark();

    std::unique_ptr<os::Directory> directory_;
    std::uint32_t owner_;
    std::unique_ptr<os::File> log_;
    std::unique_ptr<os::File> marks_file_;
    std::unique_ptr<os::File> events_file_;
    bool log_tampered_ = false;
    bool events_missing_ = false;
    std::uint64_t longest_ = 0;  ///< of the log so far

    std::optional<LineReader> mark_lines_;
    wire::Mark last_mark_;             ///< the newest that was read
    std::optional<wire::Mark> ahead_;  ///< read, and of bytes after the last range
    std::uint64_t marks_begin_ = 0;    ///< ranges from here on need no restart
    bool marks_broken_ = false;

    std::optional<LineReader> event_lines_;
    std::int64_t last_seq_ = 0;  ///< the newest that was given or passed over
    bool events_broken_ = false;
    std::optional<wire::Event> event_ahead_;  ///< read, and without room in the last answer
};

}  // namespace slipway::run
