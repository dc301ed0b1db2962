#include "platform/wire/event.h"

#include <array>

#include "platform/wire/fields.h"

namespace slipway::wire {
namespace {

constexpr std::array<std::string_view, 6> kinds = {"task_started", "task_finished", "variable_set",
                                                   "issue",        "progress",      "log_gap"};
constexpr std::array<std::string_view, 2> severities = {"warning", "error"};

constexpr json::Range task_range{0, limits::tasks_max - 1};
constexpr json::Range offset_range{0, limits::log_bytes_max};
constexpr json::Text value_text{.bytes_max = limits::variable_bytes_max};
constexpr json::Text message_text{.bytes_max = limits::issue_bytes_max};

template <typename... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};

std::optional<std::size_t> kind_from(std::string_view text) {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (kinds[i] == text) return i;
    return std::nullopt;
}

void read(json::Reader& in, TaskStarted& what) {
    in.required("task", what.task, task_range);
    in.required("name", what.name, title_text);
    in.required("log_offset", what.log_offset, offset_range);
}

void read(json::Reader& in, TaskFinished& what) {
    in.required("task", what.task, task_range);
    in.required("state", what.state, task_state_from);
    if (what.state == TaskState::pending || what.state == TaskState::running)
        in.refuse("state", "a finished task is succeeded, failed, canceled or skipped");
    in.optional("reason", what.reason, reason_from);
    in.optional("exit_code", what.exit_code, json::Range{-2'147'483'648, 4'294'967'295});
    in.required("log_offset", what.log_offset, offset_range);
}

void read(json::Reader& in, VariableSet& what) {
    in.required("task", what.task, task_range);
    in.required("name", what.name, title_text);
    in.required("value", what.value, value_text);
}

void read(json::Reader& in, Issue& what) {
    in.optional("task", what.task, task_range);
    in.required("severity", what.severity, severity_from);
    in.required("message", what.message, message_text);
}

void read(json::Reader& in, Progress& what) {
    in.required("task", what.task, task_range);
    in.required("percent", what.percent, json::Range{0, 100});
    in.optional("text", what.text, message_text);
}

void read(json::Reader& in, LogGap& what) { in.required("bytes", what.bytes, json::Range{.min = 1}); }

template <std::size_t kind = 0>
void read_kind(json::Reader& in, Event& event, std::size_t wanted) {
    if constexpr (kind < kinds.size()) {
        if (kind == wanted) return read(in, event.what.emplace<kind>());
        read_kind<kind + 1>(in, event, wanted);
    }
}

void write_what(json::Writer& out, const Event& event) {
    std::visit(Overloaded{
                   [&](const TaskStarted& what) {
                       out.field("task", what.task);
                       out.field("name", what.name);
                       out.field("log_offset", what.log_offset);
                   },
                   [&](const TaskFinished& what) {
                       out.field("task", what.task);
                       out.field("state", to_string(what.state));
                       if (what.reason) out.field("reason", to_string(*what.reason));
                       out.field("exit_code", what.exit_code);
                       out.field("log_offset", what.log_offset);
                   },
                   [&](const VariableSet& what) {
                       out.field("task", what.task);
                       out.field("name", what.name);
                       out.field("value", what.value);
                   },
                   [&](const Issue& what) {
                       out.field("task", what.task);
                       out.field("severity", to_string(what.severity));
                       out.field("message", what.message);
                   },
                   [&](const Progress& what) {
                       out.field("task", what.task);
                       out.field("percent", what.percent);
                       if (!what.text.empty()) out.field("text", what.text);
                   },
                   [&](const LogGap& what) { out.field("bytes", what.bytes); },
               },
               event.what);
}

/// The text of an event that may be of any length.
std::string* long_text(Event& event) {
    if (auto* issue = std::get_if<Issue>(&event.what)) return &issue->message;
    if (auto* progress = std::get_if<Progress>(&event.what)) return &progress->text;
    if (auto* variable = std::get_if<VariableSet>(&event.what)) return &variable->value;
    return nullptr;
}

}  // namespace

std::string_view to_string(Severity severity) { return severities[static_cast<std::size_t>(severity)]; }

std::optional<Severity> severity_from(std::string_view text) {
    for (std::size_t i = 0; i < severities.size(); ++i)
        if (severities[i] == text) return static_cast<Severity>(i);
    return std::nullopt;
}

std::string_view kind_of(const Event& event) { return kinds[event.what.index()]; }

void write(json::Writer& out, const Event& event) {
    out.begin_object();
    out.field("seq", event.seq);
    out.field("at", to_rfc3339(event.at));
    out.field("ms", event.ms);
    out.field("kind", kind_of(event));
    write_what(out, event);
    out.end_object();
}

void read(json::Reader& in, Event& event) {
    in.required("seq", event.seq, json::Range{1, limits::events_max});
    required_time(in, "at", event.at);
    in.required("ms", event.ms);
    std::size_t kind = 0;
    in.required("kind", kind, kind_from);
    if (in.ok()) read_kind(in, event, kind);
}

bool fits(const Event& event) { return text_of<Event>(event, write).size() <= limits::event_bytes_max; }

std::string encode(const Event& event) {
    std::string line = text_of<Event>(event, write);
    Event shorter = event;
    std::string* text = long_text(shorter);
    if (!text) return line;
    const std::string whole = *text;
    const bool is_variable = std::holds_alternative<VariableSet>(event.what);
    std::size_t keep = is_variable ? limits::variable_bytes_max : limits::issue_bytes_max;
    // Escapes make a character up to six bytes long, so the right length is found by trying.
    while (whole.size() > keep || line.size() > limits::event_bytes_max) {
        *text = std::string(cut(whole, keep - 3)) + "...";
        line = text_of<Event>(shorter, write);
        if (line.size() <= limits::event_bytes_max) break;
        keep /= 2;
    }
    return line;
}

Result<Event> decode_event(std::string_view line, json::UnknownFields unknown) {
    TRY_ASSIGN(const auto value, json::parse(line, {.bytes_max = limits::event_bytes_max}));
    return read_whole<Event>(value, unknown, read);
}

}  // namespace slipway::wire
