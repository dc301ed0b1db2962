#include "coordinator/core/transitions.h"

#include <array>

#include "platform/base/assert.h"
#include "platform/base/limits.h"

namespace slipway::core {
namespace {

using S = AttemptState;
constexpr std::size_t states = 9;
constexpr std::size_t events = 11;

// clang-format off
// One row for each state, in the order of AttemptState; one column for each event, in the order of AttemptEvent.
constexpr std::array<std::array<S, events>, states> table = {{
//                received     running      canceling     ended         contact_lost host_forgot deleted  succeeded     failed     canceled     lost
/* leased    */ {{S::received, S::running,  S::canceling, S::running,   S::unknown,  S::lost,    S::lost, S::succeeded, S::failed, S::canceled, S::lost}},
/* received  */ {{S::received, S::running,  S::canceling, S::running,   S::unknown,  S::lost,    S::lost, S::succeeded, S::failed, S::canceled, S::lost}},
/* running   */ {{S::running,  S::running,  S::canceling, S::running,   S::unknown,  S::lost,    S::lost, S::succeeded, S::failed, S::canceled, S::lost}},
/* canceling */ {{S::canceling,S::canceling,S::canceling, S::canceling, S::unknown,  S::lost,    S::lost, S::succeeded, S::failed, S::canceled, S::lost}},
/* succeeded */ {{S::succeeded,S::succeeded,S::succeeded, S::succeeded, S::succeeded,S::succeeded,S::succeeded,S::succeeded,S::succeeded,S::succeeded,S::succeeded}},
/* failed    */ {{S::failed,   S::failed,   S::failed,    S::failed,    S::failed,   S::failed,  S::failed,S::failed,   S::failed, S::failed,   S::failed}},
/* canceled  */ {{S::canceled, S::canceled, S::canceled,  S::canceled,  S::canceled, S::canceled,S::canceled,S::canceled,S::canceled,S::canceled,S::canceled}},
/* lost      */ {{S::lost,     S::lost,     S::lost,      S::lost,      S::lost,     S::lost,    S::lost, S::lost,      S::lost,   S::lost,     S::lost}},
/* unknown   */ {{S::received, S::running,  S::canceling, S::running,   S::unknown,  S::lost,    S::lost, S::succeeded, S::failed, S::canceled, S::lost}},
}};
// clang-format on

constexpr bool final_state(S s) { return s == S::succeeded || s == S::failed || s == S::canceled || s == S::lost; }

constexpr bool final_states_keep() {
    for (std::size_t s = 0; s < states; ++s)
        for (std::size_t e = 0; e < events; ++e)
            if (final_state(static_cast<S>(s)) && table[s][e] != static_cast<S>(s)) return false;
    return true;
}

constexpr bool open_states_can_end() {
    for (std::size_t s = 0; s < states; ++s) {
        if (final_state(static_cast<S>(s))) continue;
        for (std::size_t e = static_cast<std::size_t>(AttemptEvent::host_forgot); e < events; ++e)
            if (!final_state(table[s][e])) return false;
    }
    return true;
}

constexpr bool nothing_goes_back_to_leased() {
    for (const auto& row : table)
        for (const S to : row)
            if (to == S::leased) return false;
    return true;
}

static_assert(final_states_keep());
static_assert(open_states_can_end());
static_assert(nothing_goes_back_to_leased());

bool retries_by_itself(const Job& job) {
    return job.idempotent && !job.cancel_requested && job.automatic_retries < limits::automatic_retries_max;
}

}  // namespace

AttemptState next_state(AttemptState state, AttemptEvent event) {
    return table[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
}

AttemptEvent listed(HeldState state) {
    switch (state) {
        case HeldState::received: return AttemptEvent::listed_received;
        case HeldState::running: return AttemptEvent::listed_running;
        case HeldState::canceling: return AttemptEvent::listed_canceling;
        case HeldState::ended: return AttemptEvent::listed_ended;
    }
    return AttemptEvent::listed_running;
}

AttemptEvent outcome(Ending ending) {
    switch (ending) {
        case Ending::succeeded: return AttemptEvent::outcome_succeeded;
        case Ending::failed: return AttemptEvent::outcome_failed;
        case Ending::canceled: return AttemptEvent::outcome_canceled;
        case Ending::lost: return AttemptEvent::outcome_lost;
    }
    return AttemptEvent::outcome_lost;
}

JobState job_state_of(AttemptState attempt, bool cancel_requested) {
    switch (attempt) {
        case S::leased:
        case S::received: return cancel_requested ? JobState::canceling : JobState::leased;
        case S::running: return cancel_requested ? JobState::canceling : JobState::running;
        case S::canceling: return JobState::canceling;
        case S::succeeded: return JobState::succeeded;
        case S::failed:
        case S::lost: return JobState::failed;
        case S::canceled: return JobState::canceled;
        case S::unknown: return JobState::unknown;
    }
    return JobState::unknown;
}

JobMove move(Attempt& attempt, Job& job, AttemptEvent event, std::optional<Reason> reason, Time now) {
    ASSERT(attempt.job_row == job.row);
    const AttemptState before = attempt.state;
    attempt.state = next_state(before, event);
    if (attempt.state != before) {
        if (attempt.state == S::running && !attempt.started) attempt.started = now;
        if (is_final(attempt.state)) {
            attempt.reason = reason;
            attempt.ended = now;
        }
    }
    if (job.current_attempt_row != attempt.row || is_final(job.state) || job.state == JobState::queued)
        return JobMove::none;

    const bool gone = attempt.state == S::lost || attempt.state == S::unknown;
    if (gone && attempt.state != before && retries_by_itself(job)) {
        ++job.automatic_retries;
        job.state = JobState::queued;
        job.current_attempt_row = 0;
        return JobMove::queued_again;
    }
    const JobState state = job_state_of(attempt.state, job.cancel_requested);
    if (state == job.state && !(attempt.started && !job.started)) return JobMove::none;
    job.state = state;
    if (attempt.started && !job.started) job.started = attempt.started;
    if (is_final(state)) {
        job.reason = attempt.reason;
        job.summary = attempt.summary;
        job.with_issues = attempt.flags.contains(Flag::with_issues);
        job.ended = now;
    }
    return JobMove::changed;
}

}  // namespace slipway::core
