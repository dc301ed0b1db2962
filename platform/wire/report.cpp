#include "platform/wire/report.h"

#include "platform/json/value.h"
#include "platform/wire/fields.h"

namespace slipway::wire {
namespace {

constexpr json::Range offset_range{0, limits::log_bytes_max};
constexpr std::size_t chunk_text_bytes_max = (limits::report_log_bytes_max + 2) / 3 * 4;

void refuse_limit(json::Reader& in, std::string_view name, std::size_t found, std::size_t most, std::string_view what) {
    in.refuse(name,
              Error{Code::limit, std::to_string(found) + " " + std::string(what) + ", at most " + std::to_string(most),
                    "field_limit"});
}

void read_marks(json::Reader& in, std::vector<Mark>& marks) {
    const json::Value* list = in.find("marks");
    if (!list) return;
    if (!list->is_array()) return in.refuse("marks", "expected an array of [offset, ms]");
    if (list->size() > limits::report_marks_max)
        return refuse_limit(in, "marks", list->size(), limits::report_marks_max, "marks");
    const auto number = [](const json::Value& value) {
        return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t{1} << 62;
    };
    for (const json::Value& pair : *list) {
        if (!pair.is_array() || pair.size() != 2 || !number(pair[0]) || !number(pair[1]))
            return in.refuse("marks/" + std::to_string(marks.size()), "expected [offset, ms]");
        const Mark mark{pair[0].get<std::int64_t>(), pair[1].get<std::int64_t>()};
        if (!marks.empty() && (mark.offset < marks.back().offset || mark.ms < marks.back().ms))
            return in.refuse("marks/" + std::to_string(marks.size()), "offsets and times of marks only grow");
        marks.push_back(mark);
    }
}

void read(json::Reader& in, LogChunk& log) {
    in.required("offset", log.offset, offset_range);
    std::string text;
    in.required("base64", text, {.bytes_max = chunk_text_bytes_max});
    auto bytes = from_base64(text);
    if (!bytes) return in.refuse("base64", bytes.error().message);
    if (bytes->size() > limits::report_log_bytes_max)
        return refuse_limit(in, "base64", bytes->size(), limits::report_log_bytes_max, "bytes of log");
    log.bytes = std::move(*bytes);
    read_marks(in, log.marks);
}

struct Sums {
    std::size_t events = 0;
    std::size_t content_bytes = 0;
};

void read(json::Reader& in, ReportedAttempt& attempt, Sums& sums) {
    in.required("id", attempt.id, id_text);
    in.required("fence", attempt.fence, fence_range);
    in.optional_object("log", [&](json::Reader& log) { read(log, attempt.log.emplace()); });
    if (attempt.log) sums.content_bytes += attempt.log->bytes.size();
    in.array("events", limits::report_events_max, [&](json::Reader& item) {
        Event& event = attempt.events.emplace_back();
        read(item, event);
        if (!item.ok()) return;
        const std::size_t bytes = text_of<Event>(event, write).size();
        if (bytes > limits::event_bytes_max)
            refuse_limit(item, {}, bytes, limits::event_bytes_max, "bytes of one event");
        if (attempt.events.size() > 1 && event.seq != attempt.events[attempt.events.size() - 2].seq + 1)
            item.refuse("seq", "events follow each other without a hole");
        sums.content_bytes += bytes;
        ++sums.events;
    });
    in.optional_object("outcome", [&](json::Reader& outcome) { read(outcome, attempt.outcome.emplace()); });
}

void read(json::Reader& in, ReportRequest& message) {
    in.required("seq", message.seq, json::Range{.min = 1});
    Sums sums;
    in.need("attempts");
    in.array("attempts", limits::report_attempts_max,
             [&](json::Reader& item) { read(item, message.attempts.emplace_back(), sums); });
    if (sums.events > limits::report_events_max)
        refuse_limit(in, "attempts", sums.events, limits::report_events_max, "events in all");
    if (sums.content_bytes > limits::report_content_bytes_max)
        refuse_limit(in, "attempts", sums.content_bytes, limits::report_content_bytes_max,
                     "bytes of logs and events in all");
}

void read(json::Reader& in, JudgedAttempt& attempt) {
    in.required("id", attempt.id, id_text);
    in.required("log_offset", attempt.log_offset, offset_range);
    in.required("event_seq", attempt.event_seq);
    std::string outcome;
    in.optional("outcome", outcome, {.bytes_max = 64});
    attempt.outcome_stored = outcome == "stored";
    in.optional("superseded", attempt.superseded);
    in.optional("error", attempt.error, {.bytes_max = 64});
}

void read(json::Reader& in, ReportAnswer& message) {
    in.required("restore_epoch", message.restore_epoch);
    in.array("attempts", limits::report_attempts_max,
             [&](json::Reader& item) { read(item, message.attempts.emplace_back()); });
}

void read(json::Reader& in, LogAnswer& message) {
    in.required("restore_epoch", message.restore_epoch);
    in.required("log_offset", message.log_offset, offset_range);
    in.optional("superseded", message.superseded);
}

void write(json::Writer& out, const LogChunk& log) {
    out.field("offset", log.offset);
    out.field("base64", to_base64(log.bytes));
    if (log.marks.empty()) return;
    out.begin_array("marks");
    for (const Mark& mark : log.marks) {
        out.begin_array();
        out.item(mark.offset);
        out.item(mark.ms);
        out.end_array();
    }
    out.end_array();
}

void write(json::Writer& out, const ReportedAttempt& attempt) {
    out.begin_object();
    out.field("id", attempt.id);
    out.field("fence", attempt.fence);
    if (attempt.log) {
        out.begin_object("log");
        write(out, *attempt.log);
        out.end_object();
    }
    if (!attempt.events.empty()) {
        out.begin_array("events");
        for (const Event& event : attempt.events) out.item_json(encode(event));
        out.end_array();
    }
    if (attempt.outcome) {
        out.name("outcome");
        write(out, *attempt.outcome);
    }
    out.end_object();
}

void write(json::Writer& out, const JudgedAttempt& attempt) {
    out.begin_object();
    out.field("id", attempt.id);
    out.field("log_offset", attempt.log_offset);
    out.field("event_seq", attempt.event_seq);
    if (attempt.outcome_stored) out.field("outcome", "stored");
    if (attempt.superseded) out.field("superseded", true);
    if (!attempt.error.empty()) out.field("error", attempt.error);
    out.end_object();
}

}  // namespace

std::string encode(const ReportRequest& message) {
    json::Writer out;
    out.begin_object();
    out.field("seq", message.seq);
    out.begin_array("attempts");
    for (const ReportedAttempt& attempt : message.attempts) write(out, attempt);
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

std::string encode(const ReportAnswer& message) {
    json::Writer out;
    out.begin_object();
    out.field("restore_epoch", message.restore_epoch);
    out.begin_array("attempts");
    for (const JudgedAttempt& attempt : message.attempts) write(out, attempt);
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

std::string encode(const LogAnswer& message) {
    json::Writer out;
    out.begin_object();
    out.field("restore_epoch", message.restore_epoch);
    out.field("log_offset", message.log_offset);
    if (message.superseded) out.field("superseded", true);
    out.end_object();
    return std::move(out).take();
}

Result<ReportRequest> decode_report_request(std::string_view text, int protocol) {
    TRY_ASSIGN(const auto value, json::parse(text, {.bytes_max = limits::report_bytes_max}));
    return read_whole<ReportRequest>(value, unknown_fields_of(protocol), read);
}

Result<ReportAnswer> decode_report_answer(std::string_view text) {
    TRY_ASSIGN(const auto value, json::parse(text));
    return read_whole<ReportAnswer>(value, json::UnknownFields::ignore, read);
}

Result<LogAnswer> decode_log_answer(std::string_view text) {
    TRY_ASSIGN(const auto value, json::parse(text));
    return read_whole<LogAnswer>(value, json::UnknownFields::ignore, read);
}

}  // namespace slipway::wire
