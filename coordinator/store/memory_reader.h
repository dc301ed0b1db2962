#pragma once

#include <algorithm>

#include "coordinator/store/memory_state.h"

namespace slipway::store::memory {

inline std::vector<core::Attempt> by_fence(std::vector<core::Attempt> attempts) {
    std::ranges::stable_sort(attempts, {}, &core::Attempt::fence);
    return attempts;
}

inline bool has_blob(const StoredJob& job, std::string_view sha256) {
    return std::ranges::any_of(job.artifacts, [&](const auto& item) { return item.second.sha256 == sha256; });
}

inline core::Job without_spec(core::Job job) {
    job.spec.clear();
    return job;
}

/// The methods of Reader on a state; `Base` is Reader or Transaction.
template <typename Base>
class ReaderOn : public Base {
public:
    explicit ReaderOn(State state) : state_(std::move(state)) {}

    Result<std::int64_t> counter(Counter counter) override { return find(state_.counters, counter).value_or(0); }

    Result<std::optional<core::Pool>> pool(std::int64_t row) override { return find(state_.pools, row); }
    Result<std::optional<core::Pool>> pool_named(std::string_view name) override {
        return find_if(state_.pools, [&](const core::Pool& pool) { return pool.name == name && !pool.deleted; });
    }
    Result<std::vector<core::Pool>> pools() override {
        std::vector<core::Pool> pools;
        for (const auto& [row, pool] : state_.pools.rows())
            if (!pool.deleted) pools.push_back(pool);
        std::ranges::sort(pools, {}, &core::Pool::name);
        return pools;
    }

    Result<std::optional<core::Agent>> agent(std::int64_t row) override { return find(state_.agents, row); }
    Result<std::optional<core::Agent>> agent_by_id(std::string_view id) override {
        return find_if(state_.agents, [&](const core::Agent& agent) { return agent.id == id; });
    }
    Result<std::optional<core::Agent>> agent_named(std::string_view name) override {
        return find_if(state_.agents, [&](const core::Agent& agent) { return agent.name == name && !agent.deleted; });
    }
    Result<std::vector<core::Agent>> agents(const Page& page, std::optional<std::int64_t> pool_row) override {
        return page_of(state_.agents, page, [&](const core::Agent& agent) {
            return !agent.deleted && (!pool_row || agent.pool_row == *pool_row);
        });
    }
    Result<std::vector<core::Agent>> all_agents() override {
        std::vector<core::Agent> agents;
        for (const auto& [row, agent] : state_.agents.rows())
            if (!agent.deleted) agents.push_back(agent);
        return agents;
    }
    Result<std::optional<std::string>> agent_name(std::int64_t row) override {
        const auto agent = find(state_.agents, row);
        return agent ? std::optional(agent->name) : std::nullopt;
    }

    Result<std::optional<core::JoinToken>> join_token(std::string_view id) override {
        return find_if(state_.join_tokens, [&](const core::JoinToken& token) { return token.id == id; });
    }
    Result<std::vector<core::JoinToken>> join_tokens(const Page& page) override {
        return page_of(state_.join_tokens, page, [](const core::JoinToken&) { return true; });
    }
    Result<std::optional<core::Token>> token(std::string_view id) override {
        return find_if(state_.tokens, [&](const core::Token& token) { return token.id == id; });
    }
    Result<std::optional<core::Token>> token_named(std::string_view name) override {
        return find_if(state_.tokens, [&](const core::Token& token) { return token.name == name && !token.revoked; });
    }
    Result<std::vector<core::Token>> tokens(const Page& page) override {
        return page_of(state_.tokens, page, [](const core::Token&) { return true; });
    }

    Result<std::optional<core::Job>> job(std::int64_t row) override {
        const auto stored = find(state_.jobs, row);
        return stored ? std::optional(stored->job) : std::nullopt;
    }
    Result<std::optional<core::Job>> job_by_id(std::string_view id) override {
        const auto stored = find_if(state_.jobs, [&](const StoredJob& item) { return item.job.id == id; });
        return stored ? std::optional(stored->job) : std::nullopt;
    }
    Result<JobList> jobs(const JobFilter& filter, const Page& page) override {
        const auto wanted = [&](const StoredJob& item) {
            return (!filter.state || item.job.state == *filter.state) &&
                   (!filter.pool_row || item.job.pool_row == *filter.pool_row) &&
                   (!filter.agent_row || item.job.agent_row == *filter.agent_row) &&
                   (filter.name.empty() || item.job.name == filter.name);
        };
        JobList list;
        for (const StoredJob& item : page_of(state_.jobs, page, wanted)) list.jobs.push_back(without_spec(item.job));
        return list;
    }
    Result<std::vector<core::Job>> unfinished_jobs() override {
        std::vector<core::Job> jobs;
        for (const auto& [row, item] : state_.jobs.rows())
            if (!is_final(item.job.state)) jobs.push_back(without_spec(item.job));
        return jobs;
    }

    Result<bool> pool_has_unfinished_jobs(std::int64_t pool_row) override {
        return any_unfinished([&](const StoredJob& item) { return item.job.pool_row == pool_row; });
    }

    Result<std::optional<core::Attempt>> attempt(std::int64_t row) override {
        const auto stored = find(state_.attempts, row);
        return stored ? std::optional(stored->attempt) : std::nullopt;
    }
    Result<std::optional<core::Attempt>> attempt_by_id(std::string_view id) override {
        const auto stored = find_if(state_.attempts, [&](const StoredAttempt& item) { return item.attempt.id == id; });
        return stored ? std::optional(stored->attempt) : std::nullopt;
    }
    Result<std::vector<core::Attempt>> attempts_of_job(std::int64_t job_row) override {
        return attempts_where([&](const core::Attempt& attempt) { return attempt.job_row == job_row; });
    }
    Result<std::vector<core::Attempt>> open_attempts(std::optional<std::int64_t> agent_row) override {
        return attempts_where([&](const core::Attempt& attempt) {
            return !is_final(attempt.state) && (!agent_row || attempt.agent_row == *agent_row);
        });
    }
    Result<std::optional<std::string>> order_document(std::int64_t attempt_row) override {
        const auto stored = find(state_.attempts, attempt_row);
        return stored ? std::optional(stored->order_document) : std::nullopt;
    }
    Result<std::vector<core::AttemptTask>> tasks_of_attempt(std::int64_t attempt_row) override {
        std::vector<core::AttemptTask> tasks;
        for (const auto& [key, task] : state_.tasks.rows())
            if (task.attempt_row == attempt_row) tasks.push_back(task);
        return tasks;
    }

    Result<std::optional<core::Artifact>> artifact(std::string_view name, std::string_view version) override {
        return find_if(state_.artifacts,
                       [&](const core::Artifact& item) { return item.name == name && item.version == version; });
    }
    Result<std::optional<core::Artifact>> artifact_by_id(std::string_view id) override {
        return find_if(state_.artifacts, [&](const core::Artifact& item) { return item.id == id; });
    }
    Result<std::vector<core::Artifact>> artifacts(std::string_view name, const Page& page) override {
        return page_of(state_.artifacts, page,
                       [&](const core::Artifact& item) { return name.empty() || item.name == name; });
    }
    Result<std::vector<core::JobArtifact>> artifacts_of_job(std::int64_t job_row) override {
        std::vector<core::JobArtifact> artifacts;
        if (const auto stored = find(state_.jobs, job_row))
            for (const auto& [alias, artifact] : stored->artifacts) artifacts.push_back(artifact);
        return artifacts;
    }
    Result<bool> artifact_is_needed(std::string_view name, std::string_view version) override {
        return any_unfinished([&](const StoredJob& item) {
            return std::ranges::any_of(item.artifacts, [&](const auto& artifact) {
                return artifact.second.name == name && artifact.second.version == version;
            });
        });
    }
    Result<bool> blob_is_used(std::string_view sha256) override {
        return std::ranges::any_of(state_.artifacts.rows(),
                                   [&](const auto& item) { return item.second.sha256 == sha256; }) ||
               any_unfinished([&](const StoredJob& item) { return has_blob(item, sha256); });
    }
    Result<bool> agent_may_fetch(std::int64_t agent_row, std::string_view sha256) override {
        return std::ranges::any_of(state_.attempts.rows(), [&](const auto& item) {
            const core::Attempt& attempt = item.second.attempt;
            return attempt.agent_row == agent_row && !is_final(attempt.state) &&
                   has_blob(state_.jobs.rows().at(attempt.job_row), sha256);
        });
    }
    Result<std::optional<core::Upload>> upload(std::string_view id) override {
        return find_if(state_.uploads, [&](const core::Upload& item) { return item.id == id; });
    }
    Result<std::vector<core::Upload>> uploads_untouched_since(Time time) override {
        std::vector<core::Upload> uploads;
        for (const auto& [row, upload] : state_.uploads.rows())
            if (upload.touched < time) uploads.push_back(upload);
        return uploads;
    }

    Result<std::optional<IdempotencyRecord>> idempotency(std::int64_t token_row, std::string_view key) override {
        return find(state_.idempotency, {token_row, std::string(key)});
    }

    Result<std::vector<core::AuditRecord>> audit(const Page& page) override {
        return page_of(state_.audit, page, [](const core::AuditRecord&) { return true; });
    }
    Result<std::optional<core::AuditRecord>> last_audit() override {
        const auto& rows = state_.audit.rows();
        return rows.empty() ? std::nullopt : std::optional(rows.rbegin()->second);
    }

protected:
    State state_;

private:
    template <typename Wanted>
    bool any_unfinished(Wanted wanted) const {
        return std::ranges::any_of(state_.jobs.rows(), [&](const auto& item) {
            return !is_final(item.second.job.state) && wanted(item.second);
        });
    }
    template <typename Wanted>
    std::vector<core::Attempt> attempts_where(Wanted wanted) const {
        std::vector<core::Attempt> attempts;
        for (const auto& [row, item] : state_.attempts.rows())
            if (wanted(item.attempt)) attempts.push_back(item.attempt);
        return by_fence(std::move(attempts));
    }
};

}  // namespace slipway::store::memory
