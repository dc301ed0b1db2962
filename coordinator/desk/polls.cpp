#include "coordinator/desk/polls.h"

#include <algorithm>

#include "coordinator/core/job_rules.h"
#include "coordinator/core/restored.h"
#include "coordinator/desk/restored.h"
#include "platform/base/assert.h"

namespace slipway::desk {
namespace {

Actor actor_of(const core::Agent& agent) { return {"agent:" + agent.name, agent.address}; }

PollAnswer empty_answer(Turn& turn, const core::Poll& poll) {
    PollAnswer answer;
    answer.restore_epoch = turn.desk().restore_epoch();
    answer.hold_s = core::hold_s(poll);
    return answer;
}

void reply_after_commit(Turn& turn, PollReply reply, Result<PollAnswer> answer) {
    turn.after_commit([reply = std::move(reply), answer = std::move(answer)](const Result<>& done) {
        reply(done ? answer : fail(done.error()));
    });
}

Result<> declare_conflict(Turn& turn, core::Agent& agent, const core::Poll& poll) {
    if (agent.conflict || poll.instance == agent.rejected_instance) return {};
    agent.conflict = core::Conflict{poll.instance, poll.address, poll.start_epoch, turn.now()};
    TRY(turn.tx().update(agent));
    TRY(turn.audit({"agent:" + agent.name, poll.address}, "agent_conflicted", "agent:" + agent.id,
                   "instances " + agent.instance + " and " + poll.instance));
    turn.desk().follow(agent);
    return {};
}

Error conflict_error(const core::Agent& agent) {
    return Error{Code::conflict,
                 "two running instances use the identity of agent " + agent.name +
                     ": it gets no orders until a person decides (slipway agent resolve " + agent.name +
                     " --keep INSTANCE, or --re-enroll)",
                 "identity_conflict"};
}

/// What the poll says of the agent itself. True if its row has to be written.
bool take_facts(Turn& turn, core::Agent& agent, const core::Poll& poll, core::Identity identity) {
    const core::Agent before = agent;
    if (identity == core::Identity::restart) {
        agent.instance = poll.instance;
        agent.start_epoch = poll.start_epoch;
        agent.instance_since = turn.now();
        turn.desk().instance_began(agent.row);
    }
    agent.boot_id = poll.boot_id;
    agent.address = poll.address;
    agent.slots = poll.slots;
    if (!poll.version.empty()) agent.version = poll.version;  // told with the capabilities, so not in every poll
    if (poll.restore_epoch == turn.desk().restore_epoch()) agent.restore_epoch = poll.restore_epoch;
    agent.highest_fence = std::max(agent.highest_fence, poll.highest_fence);
    agent.pruned_fence = std::max(agent.pruned_fence, poll.pruned_fence);
    if (!poll.serial.empty() && poll.serial == agent.next_serial) agent.serial = std::exchange(agent.next_serial, {});
    const bool new_capabilities = poll.capabilities && poll.capabilities_sha256 != agent.capabilities_sha256;
    if (new_capabilities) {
        agent.capabilities = *poll.capabilities;
        agent.capabilities_sha256 = poll.capabilities_sha256;
    }
    const bool changed = identity == core::Identity::restart || new_capabilities || agent.serial != before.serial ||
                         agent.boot_id != before.boot_id || agent.address != before.address ||
                         agent.slots != before.slots || agent.version != before.version ||
                         agent.restore_epoch != before.restore_epoch || agent.highest_fence != before.highest_fence ||
                         agent.pruned_fence != before.pruned_fence;
    return changed || turn.desk().contact_is_old(agent, turn.now());
}

/// Attempts whose outcome is here but whose log was never seen complete, such as after a start of the coordinator.
void probe_unsealed(Turn& turn, const core::Poll& poll, const std::vector<core::Case>& cases) {
    for (const core::Poll::Held& held : poll.attempts) {
        if (held.state != HeldState::ended) continue;
        for (const core::Case& of : cases)
            if (of.attempt.id == held.attempt && of.attempt.outcome_stored && !of.attempt.log_sealed)
                turn.desk().parts().logs.request(of.attempt.row, of.attempt.id);
    }
}

Result<> take_poll(Turn& turn, core::Agent& agent, const core::Poll& poll, core::Identity identity, PollReply& reply) {
    const bool whole_list = poll.restore_epoch == turn.desk().restore_epoch();
    const bool first_list = core::is_first_list(agent, poll, turn.desk().restore_epoch());
    const bool changed = take_facts(turn, agent, poll, identity);
    turn.desk().saw(agent.row, poll.instance, poll.seq, core::hold_s(poll));
    if (changed) {
        agent.last_contact = turn.now();
        TRY(turn.tx().update(agent));
        turn.desk().follow(agent);
    }
    lift_fence(turn, poll.highest_fence);
    if (first_list) TRY(adopt_unknown(turn, agent, poll));
    TRY_ASSIGN(auto cases, load_cases(turn, agent.row, poll));
    core::take_list(poll, whole_list, cases, turn.now());
    for (const core::Case& of : cases) TRY(turn.write(of));
    probe_unsealed(turn, poll, cases);
    TRY(release_held_jobs(turn));
    TRY(turn.desk().park(turn, agent, poll, std::move(reply)));
    turn.remember_cases(agent.row, std::move(cases));
    return {};
}

}  // namespace

void poll(Turn& turn, std::int64_t agent_row, const core::Poll& poll, PollReply reply) {
    auto found = turn.tx().agent(agent_row);
    if (!found || !*found) {
        Error error = found ? Error{Code::forbidden, "this agent was deleted", "agent_deleted"} : found.error();
        return reply_after_commit(turn, std::move(reply), fail(std::move(error)));
    }
    core::Agent& agent = **found;
    const core::Identity identity = core::judge_identity(agent, poll, turn.desk().instance_since(agent_row));
    if (identity == core::Identity::conflict) {
        if (auto declared = declare_conflict(turn, agent, poll); !declared) turn.abandon(declared.error());
        return reply_after_commit(turn, std::move(reply), fail(conflict_error(agent)));
    }
    const bool late = identity == core::Identity::stale ||
                      (identity == core::Identity::same && poll.seq <= turn.desk().last_seq(agent_row, poll.instance));
    if (late) return reply_after_commit(turn, std::move(reply), empty_answer(turn, poll));
    if (auto taken = take_poll(turn, agent, poll, identity, reply); !taken) {
        turn.abandon(taken.error());
        if (reply) reply_after_commit(turn, std::move(reply), fail(taken.error()));
    }
}

namespace {

Result<> put_tasks(Turn& turn, std::int64_t attempt_row, const std::vector<core::AttemptTask>& tasks) {
    if (tasks.empty()) return {};
    TRY_ASSIGN(auto known, turn.tx().tasks_of_attempt(attempt_row));
    for (const core::AttemptTask& news : tasks) {
        auto found = std::ranges::find(known, news.index, &core::AttemptTask::index);
        if (found == known.end()) {
            found = known.insert(known.end(), core::AttemptTask{});
            found->attempt_row = attempt_row;
            found->index = news.index;
        }
        core::merge(news, *found);
        TRY(turn.tx().put(*found));
    }
    return {};
}

Result<ReportAnswer> report_one(Turn& turn, const core::Agent& agent, const Reported& reported) {
    store::Transaction& tx = turn.tx();
    ReportAnswer answer;
    answer.attempt = reported.attempt;
    TRY_ASSIGN(auto attempt, tx.attempt_by_id(reported.attempt));
    if (!attempt || attempt->agent_row != agent.row || attempt->fence != reported.fence) {
        answer.stale_fence = true;
        return answer;
    }
    TRY_ASSIGN(auto job, tx.job(attempt->job_row));
    ASSERT(job);
    const bool had_outcome = attempt->outcome_stored;
    core::Case of{*std::move(attempt), *std::move(job)};
    answer.verdict = core::take_report(reported.item, of, turn.now());
    TRY(put_tasks(turn, of.attempt.row, reported.item.tasks));
    Desk::HeldLog& held = turn.desk().held_log(of.attempt.row);
    if (reported.log.bytes >= held.bytes) held = reported.log;
    answer.log = {core::take_log(of.attempt, held.bytes, held.sha256), held.sha256};
    if (answer.log.seal != core::Seal::wait) turn.desk().drop_held_log(of.attempt.row);
    if (!had_outcome && of.attempt.outcome_stored)
        TRY(turn.audit(actor_of(agent), "attempt_ended", "job:" + of.job.id,
                       "attempt " + of.attempt.id + " " + std::string(to_string(of.attempt.state))));
    TRY(turn.write(of));
    answer.log_offset = answer.log.seal == core::Seal::send_again ? 0 : reported.log.bytes;
    answer.event_seq = of.attempt.event_seq;
    return answer;
}

}  // namespace

Result<std::vector<ReportAnswer>> report(Turn& turn, std::int64_t agent_row, const std::vector<Reported>& items) {
    TRY_ASSIGN(const auto agent, turn.tx().agent(agent_row));
    if (!agent) return fail(Code::forbidden, "this agent was deleted", "agent_deleted");
    std::vector<ReportAnswer> answers;
    for (const Reported& item : items) {
        auto answer = report_one(turn, *agent, item);
        if (!answer) {
            turn.abandon(answer.error());
            return fail(std::move(answer).error());
        }
        answers.push_back(*std::move(answer));
    }
    return answers;
}

Result<JudgedLog> note_log(Turn& turn, std::int64_t attempt_row, const Desk::HeldLog& log) {
    Desk::HeldLog& held = turn.desk().held_log(attempt_row);
    if (log.bytes >= held.bytes) held = log;
    TRY_ASSIGN(auto attempt, turn.tx().attempt(attempt_row));
    if (!attempt || !attempt->outcome_stored || attempt->log_sealed) {
        if (!attempt || attempt->log_sealed) turn.desk().drop_held_log(attempt_row);
        return JudgedLog{attempt && attempt->log_sealed ? core::Seal::sealed : core::Seal::wait, {}};
    }
    JudgedLog judged{core::take_log(*attempt, held.bytes, held.sha256), held.sha256};
    if (judged.seal == core::Seal::wait) return judged;
    turn.desk().drop_held_log(attempt_row);
    if (auto updated = turn.tx().update(*attempt); !updated) {
        turn.abandon(updated.error());
        return fail(std::move(updated).error());
    }
    turn.touch(attempt->agent_row);
    turn.changed(attempt->job_row);
    return judged;
}

Result<> log_begun_anew(Turn& turn, const std::string& attempt_id) {
    TRY_ASSIGN(auto attempt, turn.tx().attempt_by_id(attempt_id));
    if (!attempt) return {};
    core::log_begun_anew(*attempt);
    return turn.tx().update(*attempt);
}

}  // namespace slipway::desk
