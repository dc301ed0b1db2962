#include "tests/sim/judge.h"

#include "platform/base/assert.h"
#include "platform/wire/protocol.h"

namespace slipway::sim {

void Judge::task_started(const std::string& attempt, int task) {
    if (!started_[attempt].insert(task).second)
        scene_.violated("task " + std::to_string(task) + " of attempt " + attempt + " started twice");
    if (durable_.contains(attempt)) scene_.violated("attempt " + attempt + " started after its outcome existed");
    const auto seen = attempts_.find(attempt);
    if (seen != attempts_.end() && seen->second.stored)
        scene_.violated("attempt " + attempt + " started after its outcome was stored");
}

void Judge::outcome_durable(const std::string& attempt, std::string text) {
    const auto [at, first] = durable_.emplace(attempt, std::move(text));
    if (!first && at->second != text) scene_.violated("the durable outcome of " + attempt + " was replaced");
}

void Judge::host_reports(const wire::ReportRequest& message) {
    for (const auto& said : message.attempts)
        if (said.outcome) said_[said.id].insert(wire::encode(*said.outcome));
}

void Judge::list_taken(int host, const wire::PollRequest& message, std::int64_t agent_row) {
    auto& last = seq_[{host, message.instance}];
    if (message.seq <= last) return;
    last = message.seq;
    auto reader = store_.read();
    ASSERT(reader);
    const auto agent = (*reader)->agent(agent_row);
    ASSERT(agent && *agent);
    if ((*agent)->instance != message.instance) return;
    for (const auto& held : message.attempts) renewed_[held.id] = scene_.clock.steady();
}

void Judge::answered(const wire::PollAnswer& answer) {
    auto reader = store_.read();
    ASSERT(reader);
    for (const auto& order : answer.orders) {
        const auto attempt = (*reader)->attempt_by_id(order.attempt);
        ASSERT(attempt);
        if (!*attempt) {
            scene_.violated("an order of attempt " + order.attempt + " that is not stored was sent");
            continue;
        }
        const auto job = (*reader)->job((*attempt)->job_row);
        ASSERT(job && *job);
        if (is_final((*job)->state)) scene_.violated("an order was sent for the ended job " + (*job)->id);
        if ((*job)->current_attempt_row != (*attempt)->row)
            scene_.violated("an order was sent for the superseded attempt " + order.attempt);
    }
}

void Judge::directory_gone(const std::string& attempt) {
    const auto seen = attempts_.find(attempt);
    if (started_.contains(attempt) && (seen == attempts_.end() || !seen->second.stored))
        scene_.violated("the directory of attempt " + attempt + " is gone before its outcome was stored");
}

void Judge::look() {
    auto reader = store_.read();
    ASSERT(reader);
    store::Page page;
    page.limit = 1000;
    const auto jobs = (*reader)->jobs({}, page);
    ASSERT(jobs);
    std::set<std::string> there;
    for (const core::Job& job : jobs->jobs) {
        there.insert(job.id);
        look_at(job, **reader);
    }
    for (const std::string& job : acknowledged_)
        if (!there.contains(job)) scene_.violated("the acknowledged job " + job + " is missing");
    const auto agents = (*reader)->all_agents();
    ASSERT(agents);
    for (const core::Agent& agent : *agents)
        if (agent.conflict) scene_.violated("agent " + agent.name + " is conflicted, but nobody copied it");
}

void Judge::look_at(const core::Job& job, store::Reader& reader) {
    const auto attempts = reader.attempts_of_job(job.row);
    ASSERT(attempts);
    int begun = 0;
    const core::Attempt* current = nullptr;
    for (const core::Attempt& attempt : *attempts) {
        look_at(attempt);
        if (started_.contains(attempt.id)) ++begun;
        if (attempt.row == job.current_attempt_row) current = &attempt;
    }
    const auto retries = retries_.find(job.id);
    if (begun > 1 + job.automatic_retries + (retries == retries_.end() ? 0 : retries->second))
        scene_.violated("job " + job.id + " started more attempts than were asked for");
    const Seen now{job.state, job.current_attempt_row, job.ended};
    const auto [at, first] = jobs_.emplace(job.id, now);
    const Seen before = std::exchange(at->second, now);
    if (first || before.state != now.state) scene_.tell("job " + job.id + " is " + std::string(to_string(now.state)));
    if (is_final(before.state) &&
        (before.state != now.state || before.attempt_row != now.attempt_row || before.ended != now.ended))
        scene_.violated("the ended job " + job.id + " changed");
    if (job.state == JobState::succeeded && job.resolved_by.empty() &&
        (current == nullptr || current->state != AttemptState::succeeded))
        scene_.violated("job " + job.id + " succeeded, but its current attempt did not");
    if (canceled_.contains(job.id) && !job.cancel_requested && !is_final(job.state))
        scene_.violated("the acknowledged cancel of job " + job.id + " is lost");
    if (const auto as = resolved_.find(job.id); as != resolved_.end() && as->second != job.state)
        scene_.violated("job " + job.id + " is not what it was resolved as");
}

void Judge::look_at(const core::Attempt& attempt) {
    const SeenAttempt now{attempt.state, attempt.outcome_stored, attempt.outcome};
    const auto [at, first] = attempts_.emplace(attempt.id, now);
    const SeenAttempt before = std::exchange(at->second, now);
    if (before.stored && (!now.stored || before.outcome != now.outcome))
        scene_.violated("the stored outcome of attempt " + attempt.id + " changed");
    if (now.stored && !before.stored) {
        const auto said = said_.find(attempt.id);
        if (said == said_.end() || !said->second.contains(now.outcome))
            scene_.violated("attempt " + attempt.id + " has an outcome that no host said of it");
        const auto durable = durable_.find(attempt.id);
        if (durable != durable_.end() && durable->second != now.outcome)
            scene_.violated("attempt " + attempt.id + " has another outcome stored than it durably had on its host");
    }
    if (now.state == AttemptState::unknown && before.state != now.state && !first) {
        const auto renewed = renewed_.find(attempt.id);
        if (renewed != renewed_.end() && scene_.clock.steady() - renewed->second < wire::lease - 1s)
            scene_.violated("attempt " + attempt.id + " is unknown although it was listed a moment ago");
    }
}

void Judge::look_at_end() {
    look();
    for (const auto& [id, job] : jobs_)
        if (!is_final(job.state) && job.state != JobState::unknown)
            scene_.violated("job " + id + " is " + std::string(to_string(job.state)) + " for ever");
    for (const auto& [id, text] : durable_)
        if (!attempts_.contains(id) || !attempts_.at(id).stored)
            scene_.violated("the outcome of attempt " + id + " was never stored");
}

}  // namespace slipway::sim
