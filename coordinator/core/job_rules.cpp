#include "coordinator/core/job_rules.h"

#include "coordinator/core/poll.h"
#include "platform/base/assert.h"

namespace slipway::core {
namespace {

Result<> only_unknown(const Job& job) {
    if (is_final(job.state))
        return fail(Code::conflict,
                    "the job has ended (" + std::string(to_string(job.state)) +
                        ") and an ended job never changes: run it as a new job",
                    "already_finished");
    if (job.state != JobState::unknown)
        return fail(
            Code::conflict,
            "the job is " + std::string(to_string(job.state)) + "; this is for jobs whose agent was lost (unknown)",
            "not_unknown");
    return {};
}

}  // namespace

Attempt lease(Job& job, Agent& agent, std::int64_t fence, std::string attempt_id, Time now) {
    ASSERT(job.state == JobState::queued);
    Attempt attempt;
    attempt.id = std::move(attempt_id);
    attempt.job_row = job.row;
    attempt.agent_row = agent.row;
    attempt.fence = fence;
    attempt.leased = now;
    attempt.lease_until = lease_end(now);
    attempt.handed_boot_id = agent.boot_id;
    agent.last_used_fence = fence;
    return attempt;
}

void leased(Job& job, const Attempt& attempt) {
    job.state = JobState::leased;
    job.current_attempt_row = attempt.row;
    ++job.attempts;
}

Result<> cancel(Job& job, Time now) {
    if (is_final(job.state))
        return fail(Code::conflict, "the job has already ended: " + std::string(to_string(job.state)),
                    "already_finished");
    job.cancel_requested = true;
    if (job.state == JobState::queued) {
        job.state = JobState::canceled;
        job.reason = Reason::canceled_by_user;
        job.ended = now;
    } else if (job.state != JobState::unknown) {
        job.state = JobState::canceling;
    }
    return {};
}

Result<> retry(Job& job) {
    TRY(only_unknown(job));
    job.state = JobState::queued;
    job.current_attempt_row = 0;
    job.cancel_requested = false;
    return {};
}

Result<> resolve(Job& job, const Resolution& resolution, Time now) {
    ASSERT(is_final(resolution.as));
    TRY(only_unknown(job));
    job.state = resolution.as;
    job.reason = std::nullopt;
    job.resolved_by = resolution.by;
    job.resolved_reason = resolution.reason;
    job.summary = resolution.reason;
    job.ended = now;
    return {};
}

bool may_be_leased(const Job& job) { return job.state == JobState::queued && job.held_by_restore == 0; }

}  // namespace slipway::core
