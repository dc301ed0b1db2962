#include "coordinator/core/poll.h"

#include <algorithm>

#include "coordinator/core/transitions.h"

namespace slipway::core {
namespace {

constexpr Duration silence_beyond_hold = 30s;
constexpr std::int64_t hold_idle_s = 50;
constexpr std::int64_t hold_busy_s = 20;

const Poll::Held* held_in(const Poll& poll, const Attempt& attempt) {
    const auto found = std::ranges::find_if(poll.attempts, [&](const Poll::Held& held) {
        return held.attempt == attempt.id && held.fence == attempt.fence;
    });
    return found == poll.attempts.end() ? nullptr : &*found;
}

bool refused_in(const Poll& poll, const Attempt& attempt) {
    return std::ranges::any_of(poll.refused, [&](const Poll::Refused& refused) {
        return refused.attempt == attempt.id && refused.fence == attempt.fence;
    });
}

void happen(Case& of, AttemptEvent event, std::optional<Reason> reason, Time now) {
    const AttemptState before = of.attempt.state;
    const JobMove moved = move(of.attempt, of.job, event, reason, now);
    of.attempt_changed |= of.attempt.state != before;
    of.job_changed |= moved != JobMove::none;
    of.queued_again |= moved == JobMove::queued_again;
}

void take_listed(const Poll& poll, const Poll::Held& held, Case& of, Time now) {
    Attempt& attempt = of.attempt;
    if (is_final(attempt.state)) return;
    attempt.acknowledged = true;
    attempt.listed_epoch = poll.start_epoch;
    attempt.lease_until = lease_end(now);
    of.attempt_changed = true;
    happen(of, listed(held.state), std::nullopt, now);
}

void take_unlisted(const Poll& poll, bool whole_list, Case& of, Time now) {
    Attempt& attempt = of.attempt;
    if (is_final(attempt.state)) return;
    const bool refused = refused_in(poll, attempt) && !attempt.outcome_stored;
    const bool other_boot = !attempt.acknowledged && attempt.handed_boot_id != poll.boot_id;
    if (refused || other_boot) {
        if (!attempt.withheld) of.attempt_changed = true;
        attempt.withheld = true;
        happen(of, AttemptEvent::contact_lost, std::nullopt, now);
    } else if (whole_list && attempt.acknowledged && poll.start_epoch > attempt.listed_epoch) {
        happen(of, AttemptEvent::host_forgot, Reason::attempt_unknown_to_agent, now);
    }
}

bool order_may_be_sent(const Poll& poll, const Case& of) {
    const Attempt& attempt = of.attempt;
    return !is_final(attempt.state) && !attempt.acknowledged && !attempt.withheld && !attempt.outcome_stored &&
           of.job.current_attempt_row == attempt.row && !is_final(of.job.state) &&
           attempt.handed_boot_id == poll.boot_id;
}

}  // namespace

Identity judge_identity(const Agent& agent, const Poll& poll, std::optional<Steady> instance_since) {
    if (agent.instance.empty()) return Identity::restart;
    if (poll.instance == agent.rejected_instance) return Identity::conflict;
    if (poll.instance == agent.instance)
        return poll.start_epoch == agent.start_epoch ? Identity::same : Identity::conflict;
    if (poll.start_epoch > agent.start_epoch) return Identity::restart;
    if (poll.start_epoch == agent.start_epoch) return Identity::conflict;
    return !instance_since || poll.handshake > *instance_since ? Identity::conflict : Identity::stale;
}

void take_list(const Poll& poll, bool whole_list, std::vector<Case>& cases, Time now) {
    for (Case& of : cases) {
        if (const Poll::Held* held = held_in(poll, of.attempt))
            take_listed(poll, *held, of, now);
        else
            take_unlisted(poll, whole_list, of, now);
    }
}

void take_silence(Case& of, Time now) { happen(of, AttemptEvent::contact_lost, std::nullopt, now); }

Mail mail_for(const Poll& poll, bool orders_allowed, const std::vector<Case>& cases) {
    Mail mail;
    for (const Case& of : cases) {
        const Attempt& attempt = of.attempt;
        const Poll::Held* held = held_in(poll, attempt);
        if (held != nullptr && attempt.outcome_stored && attempt.log_sealed) {
            mail.forget.push_back(attempt.id);
            mail.urgent = true;
            continue;
        }
        const bool order = held == nullptr && orders_allowed && order_may_be_sent(poll, of);
        if (order) {
            mail.orders.push_back({attempt.row, attempt.id, attempt.fence});
            mail.urgent = true;
        }
        // A cancel of an attempt that was replaced is sent too: its job was asked to stop. One that the agent does not
        // hold comes back as refused, which ends the uncertainty.
        const bool reachable = held != nullptr || order || (!attempt.withheld && !is_final(attempt.state));
        if (of.job.cancel_requested && !attempt.outcome_stored && reachable) {
            mail.cancels.push_back({attempt.id, attempt.fence, of.job.cancel_grace_s});
            if (held == nullptr || held->state == HeldState::received || held->state == HeldState::running)
                mail.urgent = true;
        }
    }
    std::ranges::sort(mail.orders, {}, &Mail::Order::fence);
    std::ranges::sort(mail.cancels, {}, &Mail::Cancel::fence);
    return mail;
}

std::int64_t free_slots(const Poll& poll, const std::vector<Case>& cases, const Mail& mail) {
    std::int64_t taken = static_cast<std::int64_t>(mail.orders.size());
    for (const Poll::Held& held : poll.attempts) {
        const auto of = std::ranges::find_if(
            cases, [&](const Case& c) { return c.attempt.id == held.attempt && c.attempt.fence == held.fence; });
        const bool has_outcome = held.state == HeldState::ended || (of != cases.end() && of->attempt.outcome_stored);
        if (!has_outcome) ++taken;
    }
    return std::max<std::int64_t>(0, poll.slots - taken);
}

Time lease_end(Time now) { return now + lease_time; }

Duration contact_time(std::int64_t hold) { return std::chrono::seconds{hold} + silence_beyond_hold; }

std::int64_t hold_s(const Poll& poll) { return poll.attempts.empty() ? hold_idle_s : hold_busy_s; }

}  // namespace slipway::core
