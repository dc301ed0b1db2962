#include "coordinator/desk/restored.h"

#include <algorithm>

#include "coordinator/core/transitions.h"

namespace slipway::desk {
namespace {

// What no coordinator will ever have given. An agent that claims it is not believed: the counter has to last for all.
constexpr std::int64_t fence_lifted_max = std::int64_t{1} << 52;

Result<core::Job> recovered_job(Turn& turn, const core::Agent& agent, const std::string& job_id) {
    core::Job job;
    job.id = job_id;
    job.name = "recovered from agent " + agent.name;
    job.pool_row = agent.pool_row;
    job.spec = "{}";
    job.created = turn.now();
    job.created_by = "agent:" + agent.name;
    job.state = JobState::unknown;
    TRY(turn.tx().insert(job, {}));
    return job;
}

Result<> adopt(Turn& turn, const core::Agent& agent, const core::Poll::Held& held) {
    store::Transaction& tx = turn.tx();
    TRY_ASSIGN(auto known, tx.attempt_by_id(held.attempt));
    if (known) return {};
    TRY_ASSIGN(auto found, tx.job_by_id(held.job));
    core::Job job;
    if (found) {
        job = *std::move(found);
    } else {
        TRY_ASSIGN(job, recovered_job(turn, agent, held.job));
    }
    std::int64_t highest = 0;
    TRY_ASSIGN(const auto others, tx.attempts_of_job(job.row));
    for (const core::Attempt& other : others) highest = std::max(highest, other.fence);

    core::Attempt attempt;
    attempt.id = held.attempt;
    attempt.job_row = job.row;
    attempt.agent_row = agent.row;
    attempt.fence = held.fence;
    attempt.state = AttemptState::unknown;
    attempt.leased = turn.now();
    attempt.lease_until = core::lease_end(turn.now());
    attempt.acknowledged = true;
    attempt.withheld = true;
    attempt.handed_boot_id = agent.boot_id;
    TRY(tx.insert(attempt, ""));
    ++job.attempts;
    if (held.fence > highest && !is_final(job.state)) {
        turn.unqueue(job.row);
        job.current_attempt_row = attempt.row;
        job.state = JobState::unknown;
    }
    TRY(tx.update(job));
    return turn.audit({"coordinator", ""}, "attempt_adopted", "job:" + job.id,
                      "attempt " + attempt.id + " of agent " + agent.name + ", fence " + std::to_string(held.fence));
}

}  // namespace

void lift_fence(Turn& turn, std::int64_t highest_fence) {
    if (highest_fence <= fence_lifted_max) turn.lift_fence(highest_fence);
}

Result<> adopt_unknown(Turn& turn, const core::Agent& agent, const core::Poll& poll) {
    for (const core::Poll::Held& held : poll.attempts) TRY(adopt(turn, agent, held));
    return {};
}

Result<> release_held_jobs(Turn& turn) {
    const std::int64_t epoch = turn.desk().restore_epoch();
    if (epoch == 0 || !turn.desk().holds_jobs()) return {};
    TRY_ASSIGN(const std::int64_t counter, turn.tx().counter(store::Counter::restored_fence));
    TRY_ASSIGN(const auto agents, turn.tx().all_agents());
    const bool all_shown = std::ranges::all_of(agents, [&](const core::Agent& agent) {
        return agent.restore_epoch == epoch && agent.pruned_fence <= counter;
    });
    if (!all_shown) return {};
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
