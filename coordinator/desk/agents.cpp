#include "coordinator/desk/agents.h"

#include "coordinator/core/transitions.h"
#include "platform/base/bytes.h"

namespace slipway::desk {
namespace {

constexpr Duration same_answer_time = 10min;

Result<core::Agent> find(Turn& turn, const std::string& name) {
    TRY_ASSIGN(auto agent, turn.tx().agent_named(name));
    if (!agent) return fail(Code::not_found, "there is no agent " + printable(name, 64), "agent_missing");
    return *std::move(agent);
}

Result<core::Agent> write(Turn& turn, const Actor& actor, core::Agent agent, std::string action,
                          std::string result = {}) {
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().update(agent));
        return turn.audit(actor, std::move(action), "agent:" + agent.id, std::move(result));
    }));
    turn.desk().follow(agent);
    turn.touch(agent.row);
    return agent;
}

Result<> judge_token(const core::JoinToken& token, const Enrollment& enrollment, Time now) {
    if (!equal_constant_time(token.secret_sha256, enrollment.token_secret_sha256))
        return fail(Code::forbidden, "the join token is not known here", "token_unknown");
    if (token.revoked) return fail(Code::forbidden, "the join token was revoked: ask for a new one", "token_revoked");
    if (token.used) {
        if (token.used_key_sha256 == enrollment.key_sha256 && now - *token.used <= same_answer_time) return {};
        return fail(Code::forbidden, "the join token was used already: ask for a new one", "token_used");
    }
    if (now >= token.expires)
        return fail(Code::forbidden, "the join token expired at " + to_rfc3339(token.expires) + ": ask for a new one",
                    "token_expired");
    return {};
}

}  // namespace

Result<Enrolled> enroll(Turn& turn, const Enrollment& enrollment, const Issue& issue) {
    store::Transaction& tx = turn.tx();
    TRY_ASSIGN(auto token, tx.join_token(enrollment.token_id));
    if (!token) return fail(Code::forbidden, "the join token is not known here", "token_unknown");
    TRY(judge_token(*token, enrollment, turn.now()));
    if (token->used) {
        TRY_ASSIGN(const auto agent, tx.agent(token->agent_row));
        if (agent && !agent->deleted) return Enrolled{*agent, token->certificate};
        return fail(Code::forbidden, "the agent of this join token was deleted: ask for a new token", "token_used");
    }
    core::Agent agent;
    agent.id = turn.new_id();
    agent.name = token->agent_name.empty() ? enrollment.agent_name : token->agent_name;
    agent.pool_row = token->pool_row;
    agent.created = turn.now();
    agent.restore_epoch = turn.desk().restore_epoch();  // it has nothing of before a restore to show
    TRY_ASSIGN(const auto taken, tx.agent_named(agent.name));
    if (taken)
        return fail(Code::conflict,
                    "an agent named " + agent.name + " exists already: enrol with another --name, or delete that agent",
                    "name_taken");
    TRY_ASSIGN(auto certificate, issue(agent.id));
    agent.serial = certificate.serial;
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(tx.insert(agent));
        token->used = turn.now();
        token->used_key_sha256 = enrollment.key_sha256;
        token->agent_row = agent.row;
        token->certificate = certificate.pem;
        TRY(tx.update(*token));
        return turn.audit({"agent:" + agent.name, enrollment.address}, "agent_enrolled", "agent:" + agent.id,
                          "with join token " + token->id);
    }));
    turn.desk().follow(agent);
    return Enrolled{std::move(agent), std::move(certificate.pem)};
}

Result<> renewed(Turn& turn, std::int64_t agent_row, const std::string& serial) {
    TRY_ASSIGN(auto agent, turn.tx().agent(agent_row));
    if (!agent) return fail(Code::forbidden, "this agent was deleted", "agent_deleted");
    agent->next_serial = serial;
    return turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().update(*agent));
        return turn.audit({"agent:" + agent->name, agent->address}, "certificate_renewed", "agent:" + agent->id,
                          serial);
    });
}

Result<> used_serial(Turn& turn, std::int64_t agent_row, const std::string& serial) {
    TRY_ASSIGN(auto agent, turn.tx().agent(agent_row));
    if (!agent || agent->next_serial != serial) return {};
    agent->serial = std::exchange(agent->next_serial, {});
    return turn.all_or_nothing([&] { return turn.tx().update(*agent); });
}

Result<core::Agent> set_enabled(Turn& turn, const Actor& actor, const std::string& name, Enabled enabled) {
    TRY_ASSIGN(auto agent, find(turn, name));
    const bool disabled = enabled == Enabled::no;
    if (agent.disabled == disabled) return agent;
    agent.disabled = disabled;
    return write(turn, actor, std::move(agent), disabled ? "agent_disabled" : "agent_enabled");
}

Result<core::Agent> delete_agent(Turn& turn, const Actor& actor, const std::string& name, Force force) {
    store::Transaction& tx = turn.tx();
    TRY_ASSIGN(auto agent, find(turn, name));
    TRY_ASSIGN(auto open, tx.open_attempts(agent.row));
    if (!open.empty() && force == Force::no)
        return fail(
            Code::conflict,
            "agent " + name + " has " + std::to_string(open.size()) +
                " attempts that have not ended: wait, cancel their jobs, or use --force, which ends them as lost",
            "agent_busy");
    agent.deleted = turn.now();
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(tx.update(agent));
        for (core::Attempt& attempt : open) {
            TRY_ASSIGN(auto job, tx.job(attempt.job_row));
            core::Case of{std::move(attempt), *std::move(job), true};
            const core::JobMove moved =
                core::move(of.attempt, of.job, core::AttemptEvent::agent_deleted, Reason::agent_deleted, turn.now());
            of.job_changed = moved != core::JobMove::none;
            of.queued_again = moved == core::JobMove::queued_again;
            TRY(turn.write(of));
        }
        return turn.audit(actor, "agent_deleted", "agent:" + agent.id, agent.name);
    }));
    turn.desk().end_poll(turn, agent.row, {Code::forbidden, "this agent was deleted", "agent_deleted"});
    turn.desk().forget_agent(agent.row);
    return agent;
}

Result<core::Agent> keep_instance(Turn& turn, const Actor& actor, const std::string& name,
                                  const std::string& instance) {
    TRY_ASSIGN(auto agent, find(turn, name));
    if (!agent.conflict)
        return fail(Code::conflict, "agent " + name + " is not conflicted: there is nothing to resolve",
                    "not_conflicted");
    if (instance != agent.instance && instance != agent.conflict->instance)
        return fail(Code::invalid,
                    "instance " + printable(instance, 64) + " is none of the two of agent " + name + ": " +
                        agent.instance + " and " + agent.conflict->instance,
                    "instance_unknown");
    agent.rejected_instance = agent.conflict->instance;
    if (instance == agent.conflict->instance) {
        agent.rejected_instance = agent.instance;
        agent.instance = agent.conflict->instance;
        agent.start_epoch = agent.conflict->start_epoch;
        agent.address = agent.conflict->address;
        agent.instance_since = turn.now();
        turn.desk().instance_began(agent.row);
        turn.desk().end_poll(turn, agent.row, {Code::conflict, "another instance was kept", "identity_conflict"});
    }
    agent.conflict.reset();
    return write(turn, actor, std::move(agent), "agent_conflict_resolved", "kept instance " + instance);
}

Result<core::Agent> demand_enrollment(Turn& turn, const Actor& actor, const std::string& name) {
    TRY_ASSIGN(auto agent, find(turn, name));
    agent.conflict.reset();
    agent.serial.clear();
    agent.next_serial.clear();
    turn.desk().end_poll(
        turn, agent.row,
        {Code::forbidden, "this agent has to enrol again (slipway-agent enroll)", "certificate_revoked"});
    return write(turn, actor, std::move(agent), "agent_enrollment_demanded");
}

Result<core::Pool> create_pool(Turn& turn, const Actor& actor, const std::string& name) {
    TRY_ASSIGN(const auto taken, turn.tx().pool_named(name));
    if (taken) return fail(Code::conflict, "pool " + name + " exists already", "name_taken");
    core::Pool pool;
    pool.name = name;
    pool.created = turn.now();
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().insert(pool));
        return turn.audit(actor, "pool_created", "pool:" + name);
    }));
    return pool;
}

Result<> delete_pool(Turn& turn, const Actor& actor, const std::string& name) {
    store::Transaction& tx = turn.tx();
    TRY_ASSIGN(auto pool, tx.pool_named(name));
    if (!pool) return fail(Code::not_found, "there is no pool " + printable(name, 64), "pool_missing");
    TRY_ASSIGN(const auto agents, tx.agents({1, {}}, pool->row));
    TRY_ASSIGN(const bool busy, tx.pool_has_unfinished_jobs(pool->row));
    if (!agents.empty() || busy)
        return fail(Code::conflict, "pool " + name + " is in use: agents or jobs that have not ended belong to it",
                    "pool_in_use");
    pool->deleted = turn.now();
    return turn.all_or_nothing([&]() -> Result<> {
        TRY(tx.update(*pool));
        return turn.audit(actor, "pool_deleted", "pool:" + name);
    });
}

}  // namespace slipway::desk
