#include "agent/link/shipper.h"

#include "platform/base/crash_point.h"
#include "platform/base/limits.h"
#include "platform/net/url.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"

namespace slipway::link {
namespace {

constexpr std::int64_t bulk_bytes = 64 * 1024;  ///< a log with more than this unsent goes by itself
constexpr std::size_t log_uploads_max = 2;

std::vector<net::Header> json_headers() { return {{"Content-Type", std::string(wire::json_type)}}; }

}  // namespace

void Shipper::changed(const std::string& attempt) {
    if (!stuck_.contains(attempt)) changed_.insert(attempt);
    schedule();
}

void Shipper::ask_all() {
    for (auto& [id, held] : host_.held()) {
        held->stale = false;
        if (held->ended()) changed_.insert(id);
    }
    schedule();
}

void Shipper::forget(const std::string& attempt) {
    changed_.erase(attempt);
    stuck_.erase(attempt);
    bulky_.erase(attempt);
    diverted_.erase(attempt);
    logs_.erase(attempt);
}

// One post per turn: all that happened in the turn stands in one report.
void Shipper::schedule() {
    if (scheduled_ || report_ || report_timer_ || changed_.empty()) return;
    scheduled_ = true;
    loop_.post([this] {
        scheduled_ = false;
        send_report();
    });
}

void Shipper::send_report() {
    if (report_ || report_timer_) return;
    wire::ReportRequest message;
    Room room;
    reported_.clear();
    for (auto it = changed_.begin(); it != changed_.end() && message.attempts.size() < limits::report_attempts_max;) {
        const auto found = host_.held().find(*it);
        const bool silent = found != host_.held().end() && !found->second->view && !found->second->outcome;
        if (found == host_.held().end() || found->second->stale || silent) {
            it = changed_.erase(it);
            continue;
        }
        if (room.bytes == 0 || room.events == 0) break;
        auto said = what_is_new(*found->second, room);
        it = changed_.erase(it);
        if (said) message.attempts.push_back(*std::move(said));
    }
    send_logs();
    if (message.attempts.empty()) return;
    message.seq = host_.next_seq();
    net::Request request;
    request.method = net::Method::post;
    request.url = host_.url(wire::report_path);
    request.headers = json_headers();
    request.body = wire::encode(message);
    request.channel = net::Channel::log;
    CRASH_POINT("link.report_before");
    report_ = host_.client().send(
        std::move(request), {.on_end = [this](Result<net::Response> response) { report_ended(std::move(response)); }});
}

std::optional<wire::ReportedAttempt> Shipper::what_is_new(HeldAttempt& held, Room& room) {
    wire::ReportedAttempt said;
    said.id = held.id;
    said.fence = held.fence;
    reported_[held.id] = {held.marks_end};
    if (!held.view) {  // no disk to make its directory on: the end is told all the same, once the journal has it
        if (!host_.end_is_journalled(held.id)) return std::nullopt;
        if (!held.outcome_stored) said.outcome = held.outcome;
        return said;
    }
    const auto length = held.view->log_length();
    const std::int64_t unsent = length ? static_cast<std::int64_t>(*length) - held.log_offset : 0;
    if (unsent > bulk_bytes) bulky_.insert(held.id);
    add_log(held, room, said);
    if (auto news = held.view->events_after(held.event_seq, {room.events, room.bytes})) {
        for (const wire::Event& event : *news) room.bytes -= std::min(room.bytes, wire::encode(event).size());
        room.events -= news->size();
        said.events = *std::move(news);
    }
    // Without a digest the coordinator seals at what it holds: then the log goes first.
    const bool log_first = held.outcome && !held.outcome->log_sha256 && unsent > 0;
    if (held.outcome && !held.outcome_stored && !log_first) said.outcome = held.outcome;
    // An end is asked after until it is forgotten, and so is a log of which the coordinator says that it has more.
    const bool asks = held.ended() || unsent < 0;
    if (said.log || !said.events.empty() || said.outcome || asks) return said;
    reported_.erase(held.id);
    return std::nullopt;
}

/// The log's next bytes, unless they go by themselves, and the marks of all that the coordinator has then.
void Shipper::add_log(HeldAttempt& held, Room& room, wire::ReportedAttempt& said) {
    wire::LogChunk chunk;
    chunk.offset = held.log_offset;
    if (!bulky_.contains(held.id)) {
        auto piece = held.view->read_log(static_cast<std::uint64_t>(held.log_offset),
                                         std::min(limits::report_log_bytes_max, room.bytes));
        if (piece) chunk.bytes = *std::move(piece);
    }
    const std::int64_t end = chunk.offset + static_cast<std::int64_t>(chunk.bytes.size());
    if (held.marks_end < end) {
        auto marks = held.view->marks({static_cast<std::uint64_t>(held.marks_end), static_cast<std::uint64_t>(end)});
        if (marks && marks->size() <= room.marks) {
            reported_[held.id].marks_end = marks->size() < limits::report_marks_max ? end : marks->back().offset + 1;
            room.marks -= marks->size();
            chunk.marks = *std::move(marks);
        }
    }
    room.bytes -= chunk.bytes.size();
    if (!chunk.bytes.empty() || !chunk.marks.empty()) said.log = std::move(chunk);
}

void Shipper::report_ended(Result<net::Response> response) {
    report_.reset();
    CRASH_POINT("link.report_after");
    if (response) host_.heard(*response);
    auto answer = [&]() -> Result<wire::ReportAnswer> {
        if (!response) return fail(response.error());
        if (response->status != 200)
            return fail(wire::to_error(wire::decode_problem(response->body, response->status)));
        TRY_ASSIGN(auto decoded, wire::decode_report_answer(response->body));
        if (host_.epoch_is_old(decoded.restore_epoch))
            return fail(Code::conflict, "the answer is older than the last restore of the coordinator");
        return decoded;
    }();
    if (!answer) {
        for (const auto& [attempt, said] : reported_) changed_.insert(attempt);
        return retry_report(answer.error(),
                            response ? response->headers.retry_after(clock_.wall()) : std::optional<Duration>());
    }
    report_backoff_.reset();
    auto asked = std::exchange(reported_, {});
    for (const wire::JudgedAttempt& judged : answer->attempts)
        if (const auto node = asked.extract(judged.id)) take(judged, node.mapped());
    for (const auto& [attempt, said] : asked) say_later(attempt);
    schedule();
}

void Shipper::take(const wire::JudgedAttempt& judged, const Said& said) {
    const auto found = host_.held().find(judged.id);
    if (found == host_.held().end()) return;
    HeldAttempt& held = *found->second;
    if (judged.error == "stale_fence") {
        held.stale = true;
        return;
    }
    const bool bulky = bulky_.contains(judged.id);  // then its uploads know the offset better
    const std::int64_t log_before = held.log_offset;
    const std::int64_t marks_before = held.marks_end;
    const bool more_events = judged.event_seq > held.event_seq;
    const bool events_moved = judged.event_seq != held.event_seq;
    const bool stored_now = judged.outcome_stored && !held.outcome_stored;
    if (!bulky) held.log_offset = judged.log_offset;
    held.marks_end = std::min(said.marks_end, judged.log_offset);
    held.event_seq = judged.event_seq;
    held.outcome_stored |= judged.outcome_stored;
    const auto length = held.view ? held.view->log_length() : Result<std::uint64_t>(0);
    const bool more = length && static_cast<std::int64_t>(*length) > held.log_offset;
    const bool progress = held.log_offset > log_before || held.marks_end > marks_before || more_events || stored_now;
    if (progress) stuck_backoff_.reset();
    const bool outcome_waits = held.outcome && !held.outcome_stored && (held.outcome->log_sha256 || !more);
    const bool marks_wait = held.marks_end < std::min(held.log_offset, judged.log_offset);
    if ((more && !bulky) || events_moved || outcome_waits || marks_wait) {
        if (progress)
            changed_.insert(judged.id);
        else
            say_later(judged.id);
    }
}

// An answer that moves nothing is repeated by a coordinator that is out of its mind: no hurry with it.
void Shipper::say_later(const std::string& attempt) {
    changed_.erase(attempt);
    stuck_.insert(attempt);
    if (stuck_timer_) return;
    stuck_timer_ = loop_.after(stuck_backoff_.next(), [this] {
        stuck_timer_.reset();
        changed_.merge(std::exchange(stuck_, {}));
        schedule();
    });
}

void Shipper::retry_report(const Error& error, std::optional<Duration> retry_after) {
    logger_.warning("a report was not taken", {{"error", error.message}});
    report_timer_ = loop_.after(report_backoff_.next(retry_after), [this] {
        report_timer_.reset();
        schedule();
    });
}

void Shipper::send_logs() {
    if (log_timer_) return;
    for (auto it = bulky_.begin(); it != bulky_.end() && logs_.size() < log_uploads_max;) {
        const auto found = host_.held().find(*it);
        if (found == host_.held().end()) {
            it = bulky_.erase(it);
            continue;
        }
        if (!logs_.contains(*it) && !found->second->stale) send_log(*found->second);
        ++it;
    }
}

void Shipper::send_log(HeldAttempt& held) {
    auto piece = held.view->read_log(static_cast<std::uint64_t>(held.log_offset), limits::log_chunk_bytes_max);
    if (!piece || piece->empty()) return;
    net::Request request;
    request.method = net::Method::post;
    request.url =
        host_.url(std::string(wire::attempts_path) + held.id + "/log") + "?fence=" + std::to_string(held.fence);
    request.headers = {{"Content-Type", std::string(wire::bytes_type)},
                       {std::string(wire::upload_offset_header), std::to_string(held.log_offset)}};
    request.body = *std::move(piece);
    request.channel = net::Channel::log;
    CRASH_POINT("link.log_before");
    logs_[held.id] = host_.client().send(
        std::move(request),
        {.on_end = [this, id = held.id](Result<net::Response> response) { log_ended(id, std::move(response)); }});
}

/// Where to go on: 200 and 409 both tell.
Result<std::int64_t> Shipper::log_offset_of(const Result<net::Response>& response) {
    if (!response) return fail(response.error());
    host_.heard(*response);
    if (response->status == 200) {
        TRY_ASSIGN(const auto answer, wire::decode_log_answer(response->body));
        if (host_.epoch_is_old(answer.restore_epoch))
            return fail(Code::conflict, "the answer is older than the last restore of the coordinator");
        return answer.log_offset;
    }
    const auto problem = wire::decode_problem(response->body, response->status);
    if (response->status == 409 && problem.log_offset) return *problem.log_offset;
    return fail(wire::to_error(problem));
}

void Shipper::log_ended(const std::string& attempt, Result<net::Response> response) {
    logs_.erase(attempt);
    CRASH_POINT("link.log_after");
    const auto found = host_.held().find(attempt);
    if (found == host_.held().end()) return;
    HeldAttempt& held = *found->second;
    const auto offset = log_offset_of(response);
    if (!offset && offset.error().reason == "log_sealed") {
        bulky_.erase(attempt);
        return changed(attempt);
    }
    if (!offset && response && response->status == 409) {
        held.stale = true;
        return;
    }
    if (!offset)
        return retry_logs(attempt, offset.error().message,
                          response ? response->headers.retry_after(clock_.wall()) : std::optional<Duration>());
    const bool stored = response->status == 200 && *offset > held.log_offset;
    held.log_offset = *offset;
    held.marks_end = std::min(held.marks_end, *offset);
    const auto length = held.view->log_length();
    if (!length || static_cast<std::int64_t>(*length) <= held.log_offset) bulky_.erase(attempt);
    changed(attempt);
    if (stored) {
        log_backoff_.reset();
        diverted_.erase(attempt);
    } else if (!diverted_.insert(attempt).second) {
        // Once is a coordinator that knows better; twice in a row is one that does not know what it says.
        return retry_logs(attempt, "the coordinator stores nothing and names another offset each time", {});
    }
    send_logs();
}

void Shipper::retry_logs(std::string_view attempt, std::string_view why, std::optional<Duration> retry_after) {
    logger_.warning("a piece of a log was not taken", {{"attempt", attempt}, {"error", why}});
    log_timer_ = loop_.after(log_backoff_.next(retry_after), [this] {
        log_timer_.reset();
        send_logs();
    });
}

}  // namespace slipway::link
