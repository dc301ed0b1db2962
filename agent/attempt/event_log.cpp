#include "agent/attempt/event_log.h"

#include "platform/base/crash_point.h"
#include "platform/base/limits.h"

namespace slipway::attempt {
namespace {

// Two for each task, the gap of the log, and the issue that says that there were more.
constexpr std::int64_t reserved_events = 2 * static_cast<std::int64_t>(limits::tasks_max) + 2;

bool is_reserved(const EventLog::What& what) {
    return std::holds_alternative<wire::TaskStarted>(what) || std::holds_alternative<wire::TaskFinished>(what) ||
           std::holds_alternative<wire::LogGap>(what);
}

}  // namespace

EventLog::EventLog(std::unique_ptr<os::File> file, Clock& clock, Limits limits)
    : file_(std::move(file)), clock_(clock), limits_(limits) {}

void EventLog::write(What what) {
    const std::int64_t room = limits_.events_max - reserved_events - seq_;
    if (is_reserved(what) || room > 0) return put(std::move(what));
    if (room == 0)
        put(wire::Issue{{},
                        wire::Severity::warning,
                        "more than " + std::to_string(limits_.events_max) + " events: no further issues are kept"});
}

void EventLog::put(What what) {
    if (std::holds_alternative<wire::Issue>(what)) has_issues_ = true;
    const Steady now = clock_.steady();
    const wire::Event event{.seq = ++seq_,
                            .at = clock_.wall(),
                            .ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count(),
                            .what = std::move(what)};
    pending_ += wire::encode(event) + "\n";
    CRASH_POINT("attempt.event_before");
    if (file_.append(pending_)) pending_.clear();
    CRASH_POINT("attempt.event_written");
}

Result<> EventLog::sync() {
    if (!pending_.empty()) {
        TRY(file_.append(pending_));
        pending_.clear();
    }
    return file_.sync();
}

}  // namespace slipway::attempt
