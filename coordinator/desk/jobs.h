#pragma once

#include <string>
#include <vector>

#include "coordinator/core/job_rules.h"
#include "coordinator/desk/desk.h"

/// What people and programs do with jobs. Run in a turn of the desk; a refusal changes nothing.
namespace slipway::desk {

/// A job as it was asked for, its document checked already.
struct NewJob {
    struct Use {
        std::string alias;
        std::string name;
        std::string version;
    };
    std::string name;
    std::string pool;
    core::Demands demands;
    std::vector<Use> artifacts;
    int priority = limits::priority_default;
    bool idempotent = false;
    std::int64_t timeout_s = limits::job_timeout_s_default;
    std::int64_t cancel_grace_s = limits::cancel_grace_s_default;
    std::string spec;
};

/// `pool_missing`, `artifact_missing` (Code::invalid: the job's document names them), `queue_full`.
Result<core::Job> create_job(Turn& turn, const Actor& actor, const NewJob& asked);

/// All: `job_missing`, and the refusals of job_rules.h.
Result<core::Job> cancel_job(Turn& turn, const Actor& actor, const std::string& job_id);
Result<core::Job> retry_job(Turn& turn, const Actor& actor, const std::string& job_id);
Result<core::Job> resolve_job(Turn& turn, const Actor& actor, const std::string& job_id, JobState as,
                              const std::string& reason);
/// A job that a restore holds back may be leased from now on (`not_held`).
Result<core::Job> release_job(Turn& turn, const Actor& actor, const std::string& job_id);

}  // namespace slipway::desk
