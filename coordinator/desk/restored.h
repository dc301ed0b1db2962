#pragma once

#include "coordinator/core/poll.h"
#include "coordinator/desk/desk.h"

/// After the coordinator was restored from a backup (protocol.md 4): the hosts know more than the rows.
namespace slipway::desk {

/// The counter of fences follows the highest one that any agent has seen, if it is one that may have been given.
void lift_fence(Turn& turn, std::int64_t highest_fence);

/// Attempts that this list holds and that are in no row are taken over, with their job if that is missing too. Of
/// several attempts of a job the highest fence is the current one. For the first list of an agent after a restore: what
/// it names later was never given to it.
Result<> adopt_unknown(Turn& turn, const core::Agent& agent, const core::Poll& poll);

/// Jobs of before the restore may be leased once every agent has echoed the epoch and has not removed the directory of
/// an attempt that is newer than the backup.
Result<> release_held_jobs(Turn& turn);

}  // namespace slipway::desk
