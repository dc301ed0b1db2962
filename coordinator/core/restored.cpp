#include "coordinator/core/restored.h"

#include <utility>

#include "coordinator/core/transitions.h"

namespace slipway::core {
namespace {

// A thousand jobs a second take 142,000 years to get here, and as many numbers again lie above.
constexpr std::int64_t fence_given_max = std::int64_t{1} << 52;

}  // namespace

bool is_first_list(const Agent& agent, const Poll& poll, std::int64_t restore_epoch) {
    return poll.restore_epoch == restore_epoch && agent.restore_epoch < restore_epoch;
}

bool may_have_been_given(std::int64_t fence) { return fence <= fence_given_max; }

Job recovered_job(const Agent& agent, std::string job_id, Time now) {
    Job job;
    job.id = std::move(job_id);
    job.name = "recovered from agent " + agent.name;
    job.pool_row = agent.pool_row;
    job.spec = "{}";
    job.created = now;
    job.created_by = "agent:" + agent.name;
    job.state = JobState::unknown;
    return job;
}

Attempt adopted(const Agent& agent, const Poll::Held& held, const Job& job, Time now) {
    Attempt attempt;
    attempt.id = held.attempt;
    attempt.job_row = job.row;
    attempt.agent_row = agent.row;
    attempt.fence = held.fence;
    attempt.state = AttemptState::unknown;
    attempt.leased = now;
    attempt.lease_until = lease_end(now);
    attempt.acknowledged = true;
    attempt.withheld = true;
    attempt.handed_boot_id = agent.boot_id;
    return attempt;
}

bool take_over(Job& job, const Attempt& attempt, std::int64_t highest_fence) {
    ++job.attempts;
    if (attempt.fence <= highest_fence || is_final(job.state)) return false;
    job.current_attempt_row = attempt.row;
    job.state = JobState::unknown;
    return true;
}

bool has_shown_all(const Agent& agent, const Restore& restore) {
    return agent.restore_epoch == restore.epoch && agent.pruned_fence <= restore.fence;
}

}  // namespace slipway::core
