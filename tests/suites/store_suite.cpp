#include "tests/suites/store_suite.h"

#include <tuple>

namespace slipway {

namespace {

auto fields(const core::Agent& v) {
    return std::tie(v.row, v.id, v.name, v.pool_row, v.created, v.disabled, v.deleted, v.instance, v.start_epoch,
                    v.instance_since, v.boot_id, v.address, v.slots, v.version, v.capabilities_sha256, v.capabilities,
                    v.restore_epoch, v.highest_fence, v.pruned_fence, v.last_contact, v.last_used_fence,
                    v.rejected_instance, v.serial, v.next_serial);
}
auto fields(const core::Job& v) {
    return std::tie(v.row, v.id, v.name, v.pool_row, v.demands, v.priority, v.idempotent, v.timeout_s, v.cancel_grace_s,
                    v.spec, v.created, v.created_by, v.state, v.reason, v.with_issues, v.summary, v.started, v.ended,
                    v.current_attempt_row, v.attempts, v.automatic_retries, v.cancel_requested, v.resolved_by,
                    v.resolved_reason, v.held_by_restore);
}
auto fields(const core::Attempt& v) {
    return std::tie(v.row, v.id, v.job_row, v.agent_row, v.fence, v.state, v.reason, v.flags, v.leased, v.lease_until,
                    v.started, v.ended, v.acknowledged, v.withheld, v.handed_boot_id, v.listed_epoch, v.outcome_stored,
                    v.outcome, v.summary, v.log_length, v.log_sha256, v.log_sealed, v.log_asked_again, v.event_seq);
}

auto fields(const core::Conflict& v) { return std::tie(v.instance, v.address, v.start_epoch, v.seen); }

}  // namespace

namespace core {

bool operator==(const Job& a, const Job& b) { return fields(a) == fields(b); }
bool operator==(const Attempt& a, const Attempt& b) { return fields(a) == fields(b); }
bool operator==(const Agent& a, const Agent& b) {
    if (a.conflict.has_value() != b.conflict.has_value()) return false;
    if (a.conflict && fields(*a.conflict) != fields(*b.conflict)) return false;
    return fields(a) == fields(b);
}

}  // namespace core

namespace store::suite {

Fixture::Fixture(const Implementation& implementation) : store(implementation.make()) {
    auto transaction = must(store->begin());
    pool.name = "default";
    must(transaction->insert(pool));
    agent = make_agent("web-01", pool.row);
    must(transaction->insert(agent));
    must(transaction->commit());
}

core::Agent make_agent(std::string name, std::int64_t pool_row) {
    core::Agent agent;
    agent.id = "agent-" + name;
    agent.name = std::move(name);
    agent.pool_row = pool_row;
    return agent;
}

core::Job make_job(std::string id, std::int64_t pool_row) {
    core::Job job;
    job.id = std::move(id);
    job.name = "Publish";
    job.pool_row = pool_row;
    job.spec = "{}";
    return job;
}

core::Attempt make_attempt(std::string id, const core::Job& job, const core::Agent& agent, std::int64_t fence) {
    core::Attempt attempt;
    attempt.id = std::move(id);
    attempt.job_row = job.row;
    attempt.agent_row = agent.row;
    attempt.fence = fence;
    return attempt;
}

}  // namespace store::suite

}  // namespace slipway
