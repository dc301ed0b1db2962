#pragma once

#include <cstdint>
#include <string>

#include "coordinator/core/agent.h"
#include "coordinator/core/job.h"
#include "coordinator/core/poll.h"

/// After the coordinator was restored from a backup (protocol.md 4): what hosts are believed, and when jobs of the
/// backup may run.
namespace slipway::core {

/// What a restore left in the rows.
struct Restore {
    std::int64_t epoch = 0;
    std::int64_t fence = 0;  ///< the counter as it was then
};

/// Whether this list is the agent's first since the restore: only what it names then was given to it before. `agent` is
/// its row as it was before the poll.
bool is_first_list(const Agent& agent, const Poll& poll, std::int64_t restore_epoch);

/// Whether a coordinator may have given this fence. One that claims a higher one is not believed: the counter, which
/// follows the highest that was seen, has to last for all.
bool may_have_been_given(std::int64_t fence);

/// A job that no row knows and a host does.
Job recovered_job(const Agent& agent, std::string job_id, Time now);

/// An attempt that no row knows and a host holds, not yet stored.
Attempt adopted(const Agent& agent, const Poll::Held& held, const Job& job, Time now);

/// To be called when the attempt has its row; `highest_fence`: of the job's other attempts. Of several the highest is
/// the current one, unless the job has ended. Whether it is this one.
bool take_over(Job& job, const Attempt& attempt, std::int64_t highest_fence);

/// Whether nothing of before the restore can be hidden at the agent any more.
bool has_shown_all(const Agent& agent, const Restore& restore);

}  // namespace slipway::core
