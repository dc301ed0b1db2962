#pragma once

#include <map>
#include <set>
#include <string>

#include "coordinator/store/store.h"
#include "platform/wire/poll.h"
#include "platform/wire/report.h"
#include "tests/sim/scene.h"

namespace slipway::sim {

/// The reference model: what people were told, what tasks did, what hosts said; and the invariants of the protocol
/// over it (protocol-model.md). Every breach goes to Scene::violated().
class Judge {
public:
    Judge(Scene& scene, store::Store& store) : scene_(scene), store_(store) {}

    // What happened
    void task_started(const std::string& attempt, int task);
    void outcome_durable(const std::string& attempt, std::string text);
    void host_reports(const wire::ReportRequest& message);
    void list_taken(int host, const wire::PollRequest& message, std::int64_t agent_row);
    void answered(const wire::PollAnswer& answer);
    void job_acknowledged(const std::string& job) { acknowledged_.insert(job); }
    void cancel_acknowledged(const std::string& job) { canceled_.insert(job); }
    void resolve_acknowledged(const std::string& job, JobState as) { resolved_[job] = as; }
    void retry_asked(const std::string& job) {
        ++retries_[job];
        canceled_.erase(job);  // the newer wish counts
    }
    void directory_gone(const std::string& attempt);

    /// After each commit of the coordinator and each of its starts.
    void look();
    /// When all is calm.
    void look_at_end();

    const std::set<std::string>& jobs() const { return acknowledged_; }
    bool has_started(const std::string& attempt) const { return started_.contains(attempt); }

private:
    struct Seen {
        JobState state = JobState::queued;
        std::int64_t attempt_row = 0;
        std::optional<Time> ended;
    };
    struct SeenAttempt {
        AttemptState state = AttemptState::leased;
        bool stored = false;
        std::string outcome;
    };
    void look_at(const core::Job& job, store::Reader& reader);
    void look_at(const core::Attempt& attempt);

    Scene& scene_;
    store::Store& store_;
    std::map<std::string, Seen> jobs_;
    std::map<std::string, SeenAttempt> attempts_;
    std::map<std::string, std::set<int>> started_;             // by attempt: its tasks
    std::map<std::string, std::string> durable_;               // outcomes on hosts
    std::map<std::string, std::set<std::string>> said_;        // outcomes that were sent
    std::map<std::string, Steady> renewed_;                    // by attempt
    std::map<std::pair<int, std::string>, std::int64_t> seq_;  // by host and instance
    std::set<std::string> acknowledged_;
    std::set<std::string> canceled_;
    std::map<std::string, JobState> resolved_;
    std::map<std::string, int> retries_;
};

}  // namespace slipway::sim
