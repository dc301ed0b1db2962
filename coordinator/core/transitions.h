#pragma once

#include <optional>

#include "coordinator/core/job.h"
#include "platform/base/states.h"
#include "platform/base/time.h"

namespace slipway::core {

/// What can happen to an attempt (protocol.md 3 to 5).
enum class AttemptEvent {
    listed_received,  ///< its agent's list says so
    listed_running,
    listed_canceling,
    listed_ended,  ///< it ended on the host; the outcome is on its way
    contact_lost,  ///< its lease is over, or its order can no longer be known to have arrived
    host_forgot,   ///< a later list of a restarted agent lacks it
    agent_deleted,
    outcome_succeeded,
    outcome_failed,
    outcome_canceled,
    outcome_lost,
};

/// The next state, which may be the same; an attempt that is final keeps its state whatever happens.
AttemptState next_state(AttemptState state, AttemptEvent event);

AttemptEvent listed(HeldState state);
AttemptEvent outcome(Ending ending);

/// What a job's current attempt makes of its job. `lost` is failed here; move() may queue the job again instead.
JobState job_state_of(AttemptState attempt, bool cancel_requested);

/// What became of the job when its attempt moved.
enum class JobMove { none, changed, queued_again };

/// Moves `attempt`, and `job` with it if this is its current attempt and the job has not ended. A job that is
/// idempotent is queued again when its attempt is lost or unknown, at most twice, unless it is being cancelled.
/// `reason` is given for events that end the attempt.
JobMove move(Attempt& attempt, Job& job, AttemptEvent event, std::optional<Reason> reason, Time now);

}  // namespace slipway::core
