#pragma once

#include <cstdint>
#include <string>

#include "coordinator/core/agent.h"
#include "coordinator/core/job.h"
#include "coordinator/core/transitions.h"
#include "platform/base/result.h"

namespace slipway::core {

/// A job is leased: its new attempt, not yet stored. REQUIRES: job.state is queued.
Attempt lease(Job& job, Agent& agent, std::int64_t fence, std::string attempt_id, Time now);
/// To be called when the attempt has its row.
void leased(Job& job, const Attempt& attempt);

/// A queued job ends at once, an attempt is asked to stop; for an unknown job the request is kept until its agent comes
/// back. Asking twice changes nothing. An ended job is Code::conflict `already_finished`.
Result<> cancel(Job& job, Time now);

/// For `unknown` only (`not_unknown`, `already_finished`): a new attempt will be made.
Result<> retry(Job& job);

struct Resolution {
    JobState as = JobState::failed;  ///< succeeded, failed or canceled
    std::string by;
    std::string reason;
};
Result<> resolve(Job& job, const Resolution& resolution, Time now);

/// Whether a job of before a restore may be leased: every agent has shown that it did not run it, or a person released
/// it.
bool may_be_leased(const Job& job);

}  // namespace slipway::core
