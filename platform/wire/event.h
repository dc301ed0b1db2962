#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "platform/base/result.h"
#include "platform/base/states.h"
#include "platform/base/time.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"

/// What happened in an attempt, in the order in which it happened: one JSON line each in the file `events`, the same
/// object in a report (PROTOCOL.md 3.3). The list of kinds is closed.
namespace slipway::wire {

/// Written before the task's process is made.
struct TaskStarted {
    int task = 0;  ///< index in the order, from 0
    std::string name;
    std::int64_t log_offset = 0;  ///< where its output begins
    bool operator==(const TaskStarted&) const = default;
};

/// A task that was skipped has no TaskStarted before it.
struct TaskFinished {
    int task = 0;
    TaskState state = TaskState::succeeded;  ///< succeeded, failed, canceled or skipped
    std::optional<Reason> reason;
    std::optional<std::int64_t> exit_code;
    std::int64_t log_offset = 0;  ///< where its output ends
    bool operator==(const TaskFinished&) const = default;
};

/// Never a secret one.
struct VariableSet {
    int task = 0;
    std::string name;
    std::string value;
    bool operator==(const VariableSet&) const = default;
};

enum class Severity { warning, error };
std::string_view to_string(Severity severity);
std::optional<Severity> severity_from(std::string_view text);

struct Issue {
    std::optional<int> task;  ///< none: of the attempt as a whole
    Severity severity = Severity::warning;
    std::string message;
    bool operator==(const Issue&) const = default;
};

struct Progress {
    int task = 0;
    int percent = 0;  ///< 0 to 100
    std::string text;
    bool operator==(const Progress&) const = default;
};

/// Output that was not kept because the log had reached its limit; the sum so far.
struct LogGap {
    std::int64_t bytes = 0;
    bool operator==(const LogGap&) const = default;
};

struct Event {
    std::int64_t seq = 0;  ///< 1, 2, 3 ... in each attempt
    Time at;               ///< the host's wall clock, right or wrong
    std::int64_t ms = 0;   ///< since the attempt's start, by the clock that only grows
    std::variant<TaskStarted, TaskFinished, VariableSet, Issue, Progress, LogGap> what;
    bool operator==(const Event&) const = default;
};

std::string_view kind_of(const Event& event);  ///< "task_started" ...

/// One line without its newline, at most limits::event_bytes_max: a text that is too long for it is cut. A variable's
/// value must not be: its writer asks fits() first and makes an Issue of one that does not.
bool fits(const Event& event);
std::string encode(const Event& event);
Result<Event> decode_event(std::string_view line, json::UnknownFields unknown = json::UnknownFields::refuse);

/// For messages that hold events.
void write(json::Writer& out, const Event& event);
void read(json::Reader& in, Event& event);

}  // namespace slipway::wire
