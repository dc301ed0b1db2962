#include "platform/base/assert.h"
#include "platform/crypto/sha256.h"
#include "platform/wire/protocol.h"
#include "tests/sim/judge.h"

// What must hold of the coordinator's rows after each commit, and of everything when all is calm.
namespace slipway::sim {
namespace {

/// What an attempt makes of its job (protocol.md 1 and 5), told once more.
bool fits(const core::Job& job, AttemptState attempt) {
    switch (attempt) {
        case AttemptState::leased:
        case AttemptState::received:
            return job.state == (job.cancel_requested ? JobState::canceling : JobState::leased);
        case AttemptState::running:
            return job.state == (job.cancel_requested ? JobState::canceling : JobState::running);
        case AttemptState::canceling: return job.state == JobState::canceling;
        case AttemptState::succeeded: return job.state == JobState::succeeded;
        case AttemptState::failed:
        case AttemptState::lost: return job.state == JobState::failed;
        case AttemptState::canceled: return job.state == JobState::canceled;
        case AttemptState::unknown: return job.state == JobState::unknown;
    }
    return false;
}

}  // namespace

void Judge::look(store::Reader& reader) {
    last_fence_ = told_.last_fence;
    look_at_hold(reader);
    store::Page page;
    page.limit = 1000;
    const auto jobs = reader.jobs({}, page);
    const auto agents = reader.all_agents();
    ASSERT(jobs && agents);
    std::map<std::int64_t, core::Agent> by_row;
    for (const core::Agent& agent : *agents) {
        if (agent.conflict && !copied_agents_.contains(agent.id))
            scene_.violated("agent " + agent.name + " is conflicted, but nobody copied it");
        by_row.emplace(agent.row, agent);
    }
    std::set<std::string> there;
    for (const core::Job& job : jobs->jobs) {
        there.insert(job.id);
        const auto attempts = reader.attempts_of_job(job.row);
        ASSERT(attempts);
        std::vector<const core::Attempt*> all;
        for (const core::Attempt& attempt : *attempts) {
            auto agent = by_row.find(attempt.agent_row);
            if (agent == by_row.end()) {
                const auto deleted = reader.agent(attempt.agent_row);
                ASSERT(deleted && *deleted);
                agent = by_row.emplace(attempt.agent_row, **deleted).first;
            }
            look_at(attempt, job.id, agent->second);
            all.push_back(&attempt);
        }
        look_at(job, all);
    }
    for (const std::string& job : told_.acknowledged)
        if (!there.contains(job)) scene_.violated("the acknowledged job " + job + " is missing");
}

void Judge::look_at(const core::Job& job, const std::vector<const core::Attempt*>& attempts) {
    const Job now{job.state, job.current_attempt_row, job.ended, job.automatic_retries};
    const auto [at, first] = told_.jobs.emplace(job.id, now);
    const Job before = std::exchange(at->second, now);
    if (first || before.state != now.state) scene_.tell("job " + job.id + " is " + std::string(to_string(now.state)));

    const int automatic = now.automatic_retries - (first ? 0 : before.automatic_retries);
    if (automatic > 0) {
        automatic_[job.id] += automatic;
        scene_.happens(Kind::idempotent_retried);
    }
    if (now.automatic_retries > limits::automatic_retries_max || (now.automatic_retries > 0 && !job.idempotent))
        scene_.violated("job " + job.id + " was retried by itself too often");
    // Of two hosts with one identity, the first list frees the jobs of a backup while the other may run one.
    const bool hidden = was_restored_ && !copied_agents_.empty();
    if (const auto begun = begun_.find(job.id);
        !hidden && begun != begun_.end() && begun->second > 1 + automatic_[job.id] + asked_again_[job.id])
        scene_.violated("job " + job.id + " started more attempts than were asked for");

    if (!first && is_final(before.state) &&
        (before.state != now.state || before.attempt_row != now.attempt_row || before.ended != now.ended))
        scene_.violated("the ended job " + job.id + " changed");
    const core::Attempt* current = nullptr;
    for (const core::Attempt* attempt : attempts)
        if (attempt->row == job.current_attempt_row) current = attempt;
    if (job.resolved_by.empty() && current != nullptr && !fits(job, current->state))
        scene_.violated("job " + job.id + " is " + std::string(to_string(job.state)) + ", but its current attempt is " +
                        std::string(to_string(current->state)));
    if (job.resolved_by.empty() && current == nullptr && job.state != JobState::queued &&
        job.state != JobState::canceled)
        scene_.violated("job " + job.id + " is " + std::string(to_string(job.state)) + " without an attempt");
    if (told_.canceled.contains(job.id) && !job.cancel_requested && !is_final(job.state))
        scene_.violated("the acknowledged cancel of job " + job.id + " is lost");
    if (const auto as = told_.resolved.find(job.id); as != told_.resolved.end() && as->second != job.state)
        scene_.violated("job " + job.id + " is not what it was resolved as");
}

void Judge::look_at(const core::Attempt& attempt, const std::string& job, const core::Agent& agent) {
    const Attempt now{attempt.state, attempt.outcome_stored, attempt.outcome, attempt.log_sealed, agent.id};
    const auto [at, first] = told_.attempts.emplace(attempt.id, now);
    const Attempt before = first ? Attempt{} : std::exchange(at->second, now);
    if (first && attempt.withheld && attempt.acknowledged) {
        scene_.happens(Kind::attempt_adopted);
    } else if (first) {
        if (attempt.fence <= last_fence_) scene_.violated("the fence of attempt " + attempt.id + " is not higher");
        told_.last_fence = std::max(told_.last_fence, attempt.fence);
        if (hold_.jobs.contains(job)) scene_.violated("job " + job + " of the backup was leased before the hold ended");
    }
    if (before.stored && (!now.stored || before.outcome != now.outcome))
        scene_.violated("the stored outcome of attempt " + attempt.id + " changed");
    if (is_final(before.state) && before.state != now.state)
        scene_.violated("the ended attempt " + attempt.id + " changed");
    if (now.stored && !before.stored) {
        stored_once_.insert(attempt.id);
        if (attempt.flags.contains(Flag::superseded)) scene_.happens(Kind::attempt_superseded);
        const auto said = said_.find(attempt.id);
        if (said == said_.end() || !said->second.contains(now.outcome))
            scene_.violated("attempt " + attempt.id + " has an outcome that no host said of it");
        for (const auto& [where, text] : durable_)
            if (where.second == attempt.id && text != now.outcome && !is_copied(attempt.id) &&
                !blurred_.contains(attempt.id))
                scene_.violated("attempt " + attempt.id +
                                " has another outcome stored than it durably had on its host");
    }
    if (now.sealed && !before.sealed) look_at_seal(attempt);
    if (now.state == AttemptState::unknown && before.state != now.state && !first) {
        scene_.happens(Kind::attempt_unknown);
        const auto renewed = renewed_.find(attempt.id);
        if (renewed != renewed_.end() && scene_.now() - renewed->second < wire::lease - 1s &&
            !copied_agents_.contains(agent.id))
            scene_.violated("attempt " + attempt.id + " is unknown although it was listed a moment ago");
    }
    if (now.state == AttemptState::lost && before.state != now.state &&
        attempt.reason == Reason::attempt_unknown_to_agent && !copied_agents_.contains(agent.id) &&
        !order_gone_.contains(attempt.id))
        scene_.violated("agent " + agent.name + " forgot attempt " + attempt.id);
}

/// The log that is kept is what the tasks wrote, and what the host said of it.
void Judge::look_at_seal(const core::Attempt& attempt) {
    const std::string log = log_of_(attempt.id);
    if (attempt.flags.contains(Flag::log_mismatch)) {
        if (!is_copied(attempt.id) && !blurred_.contains(attempt.id))
            scene_.violated("the log of attempt " + attempt.id + " does not fit");
    } else if (!attempt.log_sha256.empty() && crypto::sha256(log) != attempt.log_sha256) {
        scene_.violated("the log of attempt " + attempt.id + " was sealed with other bytes than its host has");
    }
    if (!blurred_.contains(attempt.id) && !is_copied(attempt.id) && !written_[attempt.id].starts_with(log))
        scene_.violated("the log of attempt " + attempt.id + " is not what its tasks wrote");
}

/// Over as soon as each agent that is not deleted has shown what it has.
void Judge::look_at_hold(store::Reader& reader) {
    if (hold_.jobs.empty()) return;
    const auto agents = reader.all_agents();
    ASSERT(agents);
    for (const core::Agent& agent : *agents)
        if (!shown_.contains(agent.id)) return;
    hold_.jobs.clear();
}

void Judge::look_at_end(store::Reader& reader, const std::set<int>& lost_hosts) {
    look(reader);
    for (const auto& [id, job] : told_.jobs)
        if (!is_final(job.state) && job.state != JobState::unknown && job.state != JobState::queued)
            scene_.violated("job " + id + " is " + std::string(to_string(job.state)) + " for ever");
    for (const auto& [where, text] : durable_) {
        const auto& [host, id] = where;
        const auto attempt = told_.attempts.find(id);
        // A deleted agent reports what is open, but no poll tells it of a restore. Of two copies of one agent the first
        // that shows itself after a restore is believed.
        const bool is_unknown = attempt == told_.attempts.end();
        const bool unknown_here = (told_.deleted.contains(agent_of_.at(host)) && (is_unknown || hold_.epoch > 0)) ||
                                  (copied_agents_.contains(agent_of_.at(host)) && is_unknown);
        if (lost_hosts.contains(host) || unknown_here || is_copied(id) || order_gone_.contains(id)) continue;
        const bool stored = attempt != told_.attempts.end() && attempt->second.stored;
        if (!stored) scene_.violated("the outcome of attempt " + id + " was never stored");
        if (stored && !attempt->second.sealed) scene_.violated("the log of attempt " + id + " was never sealed");
    }
}

}  // namespace slipway::sim
