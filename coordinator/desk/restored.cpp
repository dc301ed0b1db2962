#include "coordinator/desk/restored.h"

#include <algorithm>

#include "coordinator/core/restored.h"

namespace slipway::desk {
namespace {

Result<core::Job> job_of(Turn& turn, const core::Agent& agent, const std::string& job_id) {
    TRY_ASSIGN(auto known, turn.tx().job_by_id(job_id));
    if (known) return *std::move(known);
    core::Job job = core::recovered_job(agent, job_id, turn.now());
    TRY(turn.tx().insert(job, {}));
    return job;
}

Result<> adopt(Turn& turn, const core::Agent& agent, const core::Poll::Held& held) {
    store::Transaction& tx = turn.tx();
    TRY_ASSIGN(const auto known, tx.attempt_by_id(held.attempt));
    if (known) return {};
    TRY_ASSIGN(core::Job job, job_of(turn, agent, held.job));
    std::int64_t highest = 0;
    TRY_ASSIGN(const auto others, tx.attempts_of_job(job.row));
    for (const core::Attempt& other : others) highest = std::max(highest, other.fence);
    core::Attempt attempt = core::adopted(agent, held, job, turn.now());
    TRY(tx.insert(attempt, ""));
    if (core::take_over(job, attempt, highest)) turn.unqueue(job.row);
    TRY(tx.update(job));
    return turn.audit({"coordinator", ""}, "attempt_adopted", "job:" + job.id,
                      "attempt " + attempt.id + " of agent " + agent.name + ", fence " + std::to_string(held.fence));
}

}  // namespace

void lift_fence(Turn& turn, std::int64_t highest_fence) {
    if (core::may_have_been_given(highest_fence)) turn.lift_fence(highest_fence);
}

Result<> adopt_unknown(Turn& turn, const core::Agent& agent, const core::Poll& poll) {
    for (const core::Poll::Held& held : poll.attempts) TRY(adopt(turn, agent, held));
    return {};
}

Result<> release_held_jobs(Turn& turn) {
    if (!turn.desk().holds_jobs()) return {};
    TRY_ASSIGN(const std::int64_t fence, turn.tx().counter(store::Counter::restored_fence));
    const core::Restore restore{turn.desk().restore_epoch(), fence};
    TRY_ASSIGN(const auto agents, turn.tx().all_agents());
    if (!std::ranges::all_of(agents, [&](const core::Agent& agent) { return core::has_shown_all(agent, restore); }))
        return {};
    TRY_ASSIGN(auto jobs, turn.tx().unfinished_jobs());
    for (core::Job& job : jobs) {
        if (job.held_by_restore == 0) continue;
        job.held_by_restore = 0;
        TRY(turn.tx().update(job));
        turn.queued(job);
    }
    turn.desk().set_holds_jobs(false);
    return turn.audit({"coordinator", ""}, "restore_hold_released", "coordinator",
                      "every agent has shown its attempts");
}

}  // namespace slipway::desk
