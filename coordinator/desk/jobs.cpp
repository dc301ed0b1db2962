#include "coordinator/desk/jobs.h"

#include "platform/base/bytes.h"

namespace slipway::desk {
namespace {

Result<core::Job> find(Turn& turn, const std::string& job_id) {
    TRY_ASSIGN(auto job, turn.tx().job_by_id(job_id));
    if (!job) return fail(Code::not_found, "there is no job " + printable(job_id, 64), "job_missing");
    return *std::move(job);
}

Result<core::JobArtifact> resolve_use(Turn& turn, const NewJob::Use& use) {
    TRY_ASSIGN(const auto artifact, turn.tx().artifact(use.name, use.version));
    if (!artifact)
        return fail(
            Code::invalid,
            "artifact " + use.name + " " + use.version + " does not exist: push it first (slipway artifact push)",
            "artifact_missing");
    return core::JobArtifact{use.alias, use.name, use.version, artifact->sha256, artifact->bytes};
}

/// Writes a job that a person moved; the caller has decided.
Result<core::Job> write(Turn& turn, const Actor& actor, core::Job job, std::string action, std::string result = {}) {
    turn.changed(job.row);
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().update(job));
        TRY(turn.audit(actor, std::move(action), "job:" + job.id, std::move(result)));
        if (job.current_attempt_row != 0) {
            TRY_ASSIGN(const auto attempt, turn.tx().attempt(job.current_attempt_row));
            if (attempt) turn.touch(attempt->agent_row);
        }
        return {};
    }));
    return job;
}

}  // namespace

Result<core::Job> create_job(Turn& turn, const Actor& actor, const NewJob& asked) {
    store::Transaction& tx = turn.tx();
    TRY_ASSIGN(const auto pool, tx.pool_named(asked.pool));
    if (!pool)
        return fail(Code::invalid, "pool " + printable(asked.pool, 64) + " does not exist: see slipway pool list",
                    "pool_missing");
    if (const std::size_t most = turn.desk().parts().jobs_queued_max; turn.desk().queue().size() >= most)
        return fail(Code::unavailable, "the queue holds " + std::to_string(most) + " jobs, which is its limit",
                    "queue_full");
    std::vector<core::JobArtifact> artifacts;
    for (const NewJob::Use& use : asked.artifacts) {
        TRY_ASSIGN(auto artifact, resolve_use(turn, use));
        artifacts.push_back(std::move(artifact));
    }
    core::Job job;
    job.id = turn.new_id();
    job.name = asked.name;
    job.pool_row = pool->row;
    job.demands = asked.demands;
    job.priority = asked.priority;
    job.idempotent = asked.idempotent;
    job.timeout_s = asked.timeout_s;
    job.cancel_grace_s = asked.cancel_grace_s;
    job.spec = asked.spec;
    job.created = turn.now();
    job.created_by = actor.name;
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(tx.insert(job, artifacts));
        return turn.audit(actor, "job_created", "job:" + job.id, job.name);
    }));
    turn.queued(job);
    return job;
}

Result<core::Job> cancel_job(Turn& turn, const Actor& actor, const std::string& job_id) {
    TRY_ASSIGN(auto job, find(turn, job_id));
    const bool asked_before = job.cancel_requested;
    TRY(core::cancel(job, turn.now()));
    if (asked_before) return job;
    if (job.state == JobState::canceled) turn.unqueue(job.row);
    return write(turn, actor, std::move(job), "job_cancel_requested");
}

Result<core::Job> retry_job(Turn& turn, const Actor& actor, const std::string& job_id) {
    TRY_ASSIGN(auto job, find(turn, job_id));
    TRY(core::retry(job));
    TRY_ASSIGN(auto written, write(turn, actor, std::move(job), "job_retried"));
    turn.queued(written);
    return written;
}

Result<core::Job> resolve_job(Turn& turn, const Actor& actor, const std::string& job_id, JobState as,
                              const std::string& reason) {
    TRY_ASSIGN(auto job, find(turn, job_id));
    TRY(core::resolve(job, {as, actor.name, reason}, turn.now()));
    return write(turn, actor, std::move(job), "job_resolved", std::string(to_string(as)) + ": " + reason);
}

Result<core::Job> release_job(Turn& turn, const Actor& actor, const std::string& job_id) {
    TRY_ASSIGN(auto job, find(turn, job_id));
    if (job.held_by_restore == 0)
        return fail(Code::conflict, "the job is not held back by a restore: there is nothing to release", "not_held");
    job.held_by_restore = 0;
    TRY_ASSIGN(auto written, write(turn, actor, std::move(job), "job_released"));
    turn.queued(written);
    return written;
}

}  // namespace slipway::desk
