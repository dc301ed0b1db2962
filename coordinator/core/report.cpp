#include "coordinator/core/report.h"

#include "coordinator/core/transitions.h"

namespace slipway::core {
namespace {

void store_outcome(const Outcome& outcome, Attempt& attempt, bool superseded) {
    attempt.outcome_stored = true;
    attempt.outcome = outcome.text;
    attempt.summary = outcome.summary;
    attempt.log_length = outcome.log_length;
    attempt.log_sha256 = outcome.log_sha256;
    attempt.flags.insert(outcome.flags.begin(), outcome.flags.end());
    if (superseded) attempt.flags.insert(Flag::superseded);
    if (outcome.started) attempt.started = outcome.started;
}

}  // namespace

void merge(const AttemptTask& news, AttemptTask& task) {
    task.state = news.state;
    if (!news.name.empty()) task.name = news.name;
    if (news.reason) task.reason = news.reason;
    if (news.exit_code) task.exit_code = news.exit_code;
    if (news.log_begin) task.log_begin = news.log_begin;
    if (news.log_end) task.log_end = news.log_end;
    if (news.started) task.started = news.started;
    if (news.ended) task.ended = news.ended;
}

ReportVerdict take_report(const ReportItem& item, Case& of, Time now) {
    Attempt& attempt = of.attempt;
    const bool superseded =
        of.job.current_attempt_row != attempt.row || (is_final(of.job.state) && !attempt.outcome_stored);
    const AttemptState before = attempt.state;
    of.attempt_changed = true;
    attempt.acknowledged = true;
    if (!is_final(before)) attempt.lease_until = lease_end(now);
    attempt.event_seq = std::max(attempt.event_seq, item.event_seq);
    if (item.log_gap) attempt.flags.insert(Flag::log_gap);

    // A host that lost what it had promised of the log takes the promise back.
    if (item.outcome && attempt.outcome_stored && !attempt.log_sealed && item.outcome->log_sha256.empty()) {
        attempt.log_length = item.outcome->log_length;
        attempt.log_sha256.clear();
        attempt.flags.insert(item.outcome->flags.begin(), item.outcome->flags.end());
    }

    JobMove moved = JobMove::none;
    if (item.outcome && !attempt.outcome_stored) {
        store_outcome(*item.outcome, attempt, superseded);
        moved = move(attempt, of.job, outcome(item.outcome->ending), item.outcome->reason, now);
    } else if (before == AttemptState::leased || (before == AttemptState::received && item.started)) {
        moved = move(attempt, of.job, item.started ? AttemptEvent::listed_running : AttemptEvent::listed_received,
                     std::nullopt, now);
    }
    of.job_changed |= moved != JobMove::none;
    of.queued_again |= moved == JobMove::queued_again;
    return {attempt.outcome_stored && item.outcome.has_value(), superseded || attempt.flags.contains(Flag::superseded)};
}

Seal take_log(Attempt& attempt, std::int64_t held_bytes, std::string_view held_sha256) {
    if (attempt.log_sealed) return Seal::sealed;
    if (!attempt.outcome_stored) return Seal::wait;
    const bool unknown = attempt.log_sha256.empty() || !attempt.log_length;
    if (!unknown && held_bytes < *attempt.log_length) return Seal::wait;
    if (!unknown && (held_bytes != *attempt.log_length || held_sha256 != attempt.log_sha256)) {
        if (!attempt.log_asked_again) return Seal::send_again;
        attempt.flags.insert(Flag::log_mismatch);
    }
    attempt.log_sealed = true;
    return Seal::sealed;
}

}  // namespace slipway::core
