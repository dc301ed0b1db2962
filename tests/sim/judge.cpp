#include "tests/sim/judge.h"

#include "platform/base/assert.h"

// What happened, and what must hold at that very moment.
namespace slipway::sim {

void Judge::run_again_asked(const std::string& job) {
    ++asked_again_[job];
    told_.canceled.erase(job);  // the newer wish counts
}

/// Whoever releases a job that the restored coordinator takes for one that never ran asks for a second run.
void Judge::released(const std::string& job) {
    ++asked_again_[job];
    hold_.jobs.erase(job);
}

void Judge::task_started(const std::string& job, const std::string& attempt, int task) {
    if (started_[attempt].empty()) ++begun_[job];
    if (!started_[attempt].insert(task).second)
        scene_.violated("task " + std::to_string(task) + " of attempt " + attempt + " started twice");
    if (ended_.contains(attempt)) scene_.violated("attempt " + attempt + " started after its outcome existed");
    const auto seen = told_.attempts.find(attempt);
    if (seen != told_.attempts.end() && seen->second.stored && !is_copied(attempt))
        scene_.violated("attempt " + attempt + " started after its outcome was stored");
}

void Judge::task_saw(const std::string& attempt, const std::string& artifact, bool right) {
    if (!right) scene_.violated("a task of attempt " + attempt + " found other bytes in artifact " + artifact);
}

void Judge::outcome_durable(int host, const std::string& attempt, std::string text) {
    if (!is_copied(attempt)) ended_.insert(attempt);
    const auto [at, first] = durable_.emplace(std::pair(host, attempt), std::move(text));
    if (!first && at->second != text) scene_.violated("the durable outcome of " + attempt + " was replaced");
}

void Judge::tasks_left(const std::string& attempt, std::size_t processes) {
    if (processes > 0)
        scene_.violated("attempt " + attempt + " has an outcome, and " + std::to_string(processes) +
                        " of its processes live");
}

void Judge::directory_gone(int host, const std::string& attempt) {
    if (durable_.erase({host, attempt}) > 0) order_gone_.insert(attempt);
    if (started_.contains(attempt) && !stored_once_.contains(attempt))
        scene_.violated("the directory of attempt " + attempt + " is gone before its outcome was stored");
}

void Judge::copied(const std::string& agent, const std::vector<std::string>& open_attempts) {
    copied_agents_.insert(agent);
    copied_attempts_.insert(open_attempts.begin(), open_attempts.end());
}

void Judge::disk_gone(int host) {
    std::erase_if(durable_, [&](const auto& entry) { return entry.first.first == host; });
    highest_fence_.erase(host);
}

void Judge::host_reports(const wire::ReportRequest& message) {
    for (const auto& said : message.attempts)
        if (said.outcome) said_[said.id].insert(wire::encode(*said.outcome));
}

void Judge::list_taken(int host, const wire::PollRequest& message, const core::Agent& agent) {
    auto& last = seq_[{host, message.instance}];
    if (message.seq <= last) return;
    last = message.seq;
    if (agent.instance != message.instance) return;
    for (const auto& held : message.attempts) renewed_[held.id] = scene_.now();
    auto& highest = highest_fence_[host];
    if (message.highest_fence < highest && !copied_agents_.contains(agent.id))
        scene_.violated("agent " + agent.name + " lost its highest fence");
    highest = message.highest_fence;
    if (message.restore_epoch == hold_.epoch && message.pruned_fence <= hold_.counter) shown_.insert(agent.id);
}

void Judge::answered(const wire::PollRequest& poll, std::int64_t agent_row, const wire::PollAnswer& answer,
                     store::Reader& reader) {
    std::int64_t last = 0;
    for (const auto& order : answer.orders) {
        const auto attempt = reader.attempt_by_id(order.attempt);
        ASSERT(attempt);
        if (!*attempt) {
            scene_.violated("an order of attempt " + order.attempt + " that is not stored was sent");
            continue;
        }
        const auto job = reader.job((*attempt)->job_row);
        ASSERT(job && *job);
        if (is_final((*job)->state)) scene_.violated("an order was sent for the ended job " + (*job)->id);
        if ((*job)->current_attempt_row != (*attempt)->row)
            scene_.violated("an order was sent for the superseded attempt " + order.attempt);
        if ((*attempt)->agent_row != agent_row)
            scene_.violated("attempt " + order.attempt + " was sent to another agent");
        if (order.fence <= last) scene_.violated("orders were not sent by ascending fence");
        last = order.fence;
        if (first_boot_.emplace(order.attempt, poll.boot_id).first->second != poll.boot_id)
            scene_.violated("the order of attempt " + order.attempt + " was sent again after another boot");
        if (started_.contains(order.attempt) && !is_copied(order.attempt) && poll.restore_epoch == 0 &&
            (*attempt)->acknowledged)
            scene_.violated("the acknowledged order of attempt " + order.attempt + " was sent again");
    }
    for (const std::string& id : answer.forget) {
        const auto attempt = reader.attempt_by_id(id);
        ASSERT(attempt);
        if (!*attempt || !(*attempt)->outcome_stored || !(*attempt)->log_sealed)
            scene_.violated("attempt " + id + " may be forgotten before its outcome is stored and its log sealed");
    }
}

void Judge::restored(Told told, Hold hold) {
    was_restored_ = true;
    told_ = std::move(told);
    hold_ = std::move(hold);
    shown_.clear();
    renewed_.clear();
    first_boot_.clear();
}

}  // namespace slipway::sim
