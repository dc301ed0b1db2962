#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/store/store.h"
#include "platform/wire/poll.h"
#include "platform/wire/report.h"
#include "tests/sim/scene.h"

namespace slipway::sim {

/// The reference model: what people were told, what tasks did, what hosts said; and the invariants of the protocol
/// over it (protocol-model.md). Every breach goes to Scene::violated(). judge.cpp is what happened, judge_rules.cpp
/// what must hold.
class Judge {
public:
    /// `log_of`: the coordinator's copy of an attempt's log.
    Judge(Scene& scene, std::function<std::string(const std::string& attempt)> log_of)
        : scene_(scene), log_of_(std::move(log_of)) {}

    struct Job {
        JobState state = JobState::queued;
        std::int64_t attempt_row = 0;
        std::optional<Time> ended;
        int automatic_retries = 0;
    };
    struct Attempt {
        AttemptState state = AttemptState::leased;
        bool stored = false;
        std::string outcome;
        bool sealed = false;
        std::string agent;
    };
    /// What the coordinator has written and told. A backup takes a copy of it, a restore brings that back.
    struct Told {
        std::map<std::string, Job> jobs;
        std::map<std::string, Attempt> attempts;
        std::set<std::string> acknowledged;
        std::set<std::string> canceled;
        std::map<std::string, JobState> resolved;
        std::set<std::string> deleted;  ///< agents
        std::int64_t last_fence = 0;
    };
    const Told& told() const { return told_; }

    // What people were told
    void job_acknowledged(const std::string& job) { told_.acknowledged.insert(job); }
    void cancel_acknowledged(const std::string& job) { told_.canceled.insert(job); }
    void resolve_acknowledged(const std::string& job, JobState as) { told_.resolved[job] = as; }
    void run_again_asked(const std::string& job);
    void released(const std::string& job);
    void host_is(int host, const std::string& agent) { agent_of_[host] = agent; }
    void agent_deleted(const std::string& agent) { told_.deleted.insert(agent); }

    // What hosts do
    void task_started(const std::string& job, const std::string& attempt, int task);
    void task_wrote(const std::string& attempt, const std::string& bytes) { written_[attempt] += bytes; }
    void task_saw(const std::string& attempt, const std::string& artifact, bool right);
    void outcome_durable(int host, const std::string& attempt, std::string text);
    void tasks_left(const std::string& attempt, std::size_t processes);
    void directory_gone(int host, const std::string& attempt);
    /// Bytes of these attempts may be lost on their host: a power cut, a full disk.
    void blurred(const std::string& attempt) { blurred_.insert(attempt); }
    /// The disk of this agent exists twice, or is an older one; these attempts are not over on it.
    void copied(const std::string& agent, const std::vector<std::string>& open_attempts);
    bool is_copied_agent(const std::string& agent) const { return copied_agents_.contains(agent); }
    void disk_gone(int host);
    /// A power cut took the order of an attempt that was acknowledged: only a whole directory is told of again.

    // What the coordinator hears and says
    void host_reports(const wire::ReportRequest& message);
    void list_taken(int host, const wire::PollRequest& message, const core::Agent& agent);
    void answered(const wire::PollRequest& poll, std::int64_t agent_row, const wire::PollAnswer& answer,
                  store::Reader& reader);
    /// All of the backup is what is told from now on. No job in `held` is leased before all agents have shown
    /// themselves.
    struct Hold {
        std::int64_t epoch = 0;
        std::int64_t counter = 0;
        std::set<std::string> jobs;
    };
    void restored(Told told, Hold hold);

    /// After each commit of the coordinator and each of its starts.
    void look(store::Reader& reader);
    /// When all is calm. `lost_hosts`: those that are switched off.
    void look_at_end(store::Reader& reader, const std::set<int>& lost_hosts);

private:
    void look_at(const core::Job& job, const std::vector<const core::Attempt*>& attempts);
    void look_at(const core::Attempt& attempt, const std::string& job, const core::Agent& agent);
    void look_at_seal(const core::Attempt& attempt);
    void look_at_hold(store::Reader& reader);
    bool is_copied(const std::string& attempt) const { return copied_attempts_.contains(attempt); }

    Scene& scene_;
    const std::function<std::string(const std::string&)> log_of_;
    Told told_;
    Hold hold_;
    std::set<std::string> shown_;  ///< agents that have echoed the epoch of the hold with a whole list

    std::map<std::string, std::set<int>> started_;                // by attempt: its tasks
    std::map<std::string, int> begun_;                            // by job: attempts that started
    std::map<std::string, int> asked_again_;                      // by job
    std::map<std::string, int> automatic_;                        // by job
    std::map<std::string, std::string> written_;                  // by attempt: what its tasks wrote
    std::map<std::pair<int, std::string>, std::string> durable_;  // outcomes, by host and attempt
    std::set<std::string> ended_;                                 // an outcome existed on a host
    std::set<std::string> stored_once_;                           // an outcome was stored, in whatever history
    std::set<std::string> blurred_;
    std::set<std::string> order_gone_;  ///< directories of ended attempts that are gone
    std::set<std::string> copied_agents_;
    bool was_restored_ = false;
    std::set<std::string> copied_attempts_;
    std::map<std::string, std::set<std::string>> said_;        // outcomes that were sent
    std::map<std::string, Steady> renewed_;                    // by attempt
    std::map<std::pair<int, std::string>, std::int64_t> seq_;  // by host and instance
    std::map<int, std::int64_t> highest_fence_;                // by host
    std::map<int, std::string> agent_of_;                      // by host
    std::int64_t last_fence_ = 0;                              // before this look
    std::map<std::string, std::string> first_boot_;            // by attempt: whom its order went to first
};

}  // namespace slipway::sim
