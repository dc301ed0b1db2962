#include "agent/attempt/log.h"

#include <algorithm>

#include "platform/run/marks.h"
#include "platform/wire/protocol.h"

namespace slipway::attempt {

Log::Log(std::unique_ptr<os::File> log, std::unique_ptr<os::File> marks, Clock& clock, Limits limits)
    : log_(std::move(log)), marks_(std::move(marks)), clock_(clock), limits_(limits) {}

void Log::append(std::string_view bytes) {
    const std::uint64_t room = limits_.bytes_max - std::min(limits_.bytes_max, log_.length());
    const std::string_view kept =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size())));
    gap_bytes_ += bytes.size() - kept.size();
    if (kept.empty()) return;
    const Steady now = clock_.steady();
    if (!last_mark_ || now - *last_mark_ >= wire::mark_interval) write_mark(now);
    if (!log_.append(kept)) {
        gap_bytes_ += kept.size();
        return;
    }
    digest_.update(kept);
}

void Log::mark() { write_mark(clock_.steady()); }

void Log::write_mark(Steady now) {
    // Two marks of one offset would tell two times for one byte.
    if (last_mark_ && last_mark_offset_ == log_.length()) return;
    last_mark_ = now;
    last_mark_offset_ = log_.length();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count();
    // Marks are a convenience: without them the log is whole.
    [[maybe_unused]] const auto written =
        marks_.append(run::encode(wire::Mark{static_cast<std::int64_t>(log_.length()), ms}));
}

bool Log::tampered() {
    const auto found = log_.tampered();
    return !found || *found;
}

}  // namespace slipway::attempt
