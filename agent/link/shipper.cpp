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
    changed_.insert(attempt);
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
    bulky_.erase(attempt);
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
    std::size_t bytes = 0;
    std::size_t events = 0;
    reported_.clear();
    for (auto it = changed_.begin(); it != changed_.end() && message.attempts.size() < limits::report_attempts_max;) {
        const auto found = host_.held().find(*it);
        const bool silent = found != host_.held().end() && !found->second->view && !found->second->outcome;
        if (found == host_.held().end() || found->second->stale || silent) {
            it = changed_.erase(it);
            continue;
        }
        if (bytes >= limits::report_content_bytes_max || events >= limits::report_events_max) break;
        auto said = what_is_new(*found->second, bytes, events);
        it = changed_.erase(it);
        if (!said) continue;
        reported_.insert(said->id);
        message.attempts.push_back(*std::move(said));
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

std::optional<wire::ReportedAttempt> Shipper::what_is_new(HeldAttempt& held, std::size_t& bytes, std::size_t& events) {
    wire::ReportedAttempt said;
    said.id = held.id;
    said.fence = held.fence;
    if (!held.view) {  // no disk to make its directory on: the end is told all the same
        if (!held.outcome_stored) said.outcome = held.outcome;
        return said;
    }
    const auto length = held.view->log_length();
    const std::int64_t unsent = length ? static_cast<std::int64_t>(*length) - held.log_offset : 0;
    if (unsent > bulk_bytes) bulky_.insert(held.id);
    if (unsent > 0 && !bulky_.contains(held.id)) {
        const std::size_t room = std::min(limits::report_log_bytes_max, limits::report_content_bytes_max - bytes);
        auto piece = held.view->read_log(static_cast<std::uint64_t>(held.log_offset), room);
        if (piece && !piece->empty()) {
            const auto begin = static_cast<std::uint64_t>(held.log_offset);
            auto marks = held.view->marks({begin, begin + piece->size()});
            bytes += piece->size();
            said.log = wire::LogChunk{held.log_offset, *std::move(piece),
                                      marks ? *std::move(marks) : std::vector<wire::Mark>{}};
        }
    }
    auto news = held.view->events_after(
        held.event_seq, {limits::report_events_max - events,
                         limits::report_content_bytes_max - std::min(bytes, limits::report_content_bytes_max - 1)});
    if (news) {
        for (const wire::Event& event : *news) bytes += wire::encode(event).size();
        events += news->size();
        said.events = *std::move(news);
    }
    // Without a digest the coordinator seals at what it holds: then the log goes first.
    const bool log_first = held.outcome && !held.outcome->log_sha256 && unsent > 0;
    if (held.outcome && !held.outcome_stored && !log_first) said.outcome = held.outcome;
    const bool says_something = said.log || !said.events.empty() || said.outcome;
    if (!says_something && !held.ended()) return std::nullopt;
    return said;
}

void Shipper::report_ended(Result<net::Response> response) {
    report_.reset();
    CRASH_POINT("link.report_after");
    if (!response || response->status != 200) {
        changed_.insert(reported_.begin(), reported_.end());
        return retry_report(response);
    }
    host_.heard(*response);
    const auto answer = wire::decode_report_answer(response->body);
    if (!answer) {
        logger_.warning("the answer to a report makes no sense", {{"error", answer.error().message}});
        changed_.insert(reported_.begin(), reported_.end());
        return retry_report(fail(answer.error()));
    }
    if (host_.epoch_is_old(answer->restore_epoch)) return schedule();
    report_backoff_.reset();
    for (const wire::JudgedAttempt& judged : answer->attempts) take(judged);
    schedule();
}

void Shipper::take(const wire::JudgedAttempt& judged) {
    const auto found = host_.held().find(judged.id);
    if (found == host_.held().end()) return;
    HeldAttempt& held = *found->second;
    if (judged.error == "stale_fence") {
        held.stale = true;
        return;
    }
    const bool log_moved = judged.log_offset != held.log_offset;
    const bool events_moved = judged.event_seq != held.event_seq;
    held.log_offset = judged.log_offset;
    held.event_seq = judged.event_seq;
    held.outcome_stored |= judged.outcome_stored;
    const auto length = held.view ? held.view->log_length() : Result<std::uint64_t>(0);
    const bool more = length && static_cast<std::int64_t>(*length) > held.log_offset;
    // What did not move and is not new would be said for ever: it waits for the next change or the next poll.
    const bool outcome_waits = held.outcome && !held.outcome_stored && (held.outcome->log_sha256 || !more);
    if ((more && log_moved) || events_moved || outcome_waits) changed_.insert(judged.id);
    if (more && !log_moved && bulky_.contains(judged.id)) send_logs();
}

void Shipper::retry_report(const Result<net::Response>& response) {
    std::optional<Duration> retry_after;
    if (response) {
        host_.heard(*response);
        retry_after = response->headers.retry_after(clock_.wall());
        const auto problem = wire::decode_problem(response->body, response->status);
        logger_.warning("a report was refused", {{"status", response->status}, {"detail", problem.detail}});
    }
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

// 200 and 409 both tell where to go on.
void Shipper::log_ended(const std::string& attempt, Result<net::Response> response) {
    logs_.erase(attempt);
    CRASH_POINT("link.log_after");
    const auto found = host_.held().find(attempt);
    if (found == host_.held().end()) return;
    HeldAttempt& held = *found->second;
    if (response) host_.heard(*response);
    if (response && response->status == 200) {
        const auto answer = wire::decode_log_answer(response->body);
        if (answer && !host_.epoch_is_old(answer->restore_epoch)) {
            log_backoff_.reset();
            held.log_offset = answer->log_offset;
            const auto length = held.view->log_length();
            const bool more = length && static_cast<std::int64_t>(*length) > held.log_offset;
            if (!more) bulky_.erase(attempt);
            if (!more || held.outcome) changed(attempt);
            return send_logs();
        }
    }
    if (response && response->status == 409) {
        const auto problem = wire::decode_problem(response->body, response->status);
        if (problem.log_offset) {
            held.log_offset = *problem.log_offset;
            return send_logs();
        }
        if (problem.reason == "log_sealed") {
            bulky_.erase(attempt);
            return changed(attempt);
        }
        held.stale = true;
        return;
    }
    std::optional<Duration> retry_after;
    if (response) retry_after = response->headers.retry_after(clock_.wall());
    log_timer_ = loop_.after(log_backoff_.next(retry_after), [this] {
        log_timer_.reset();
        send_logs();
    });
}

}  // namespace slipway::link
