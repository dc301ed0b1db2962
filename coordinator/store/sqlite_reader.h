#pragma once

#include "coordinator/store/sqlite_tables.h"

namespace slipway::store::sqlite {

/// The methods of Reader on a connection that is inside a transaction; `Base` is Reader or Transaction.
template <typename Base>
class ReaderOn : public Base {
public:
    Result<std::int64_t> counter(Counter counter) override { return sqlite::counter(db(), counter); }

    Result<std::optional<core::Pool>> pool(std::int64_t row) override { return sqlite::pool(db(), row); }
    Result<std::optional<core::Pool>> pool_named(std::string_view name) override {
        return sqlite::pool_named(db(), name);
    }
    Result<std::vector<core::Pool>> pools() override { return sqlite::pools(db()); }

    Result<std::optional<core::Agent>> agent(std::int64_t row) override { return sqlite::agent(db(), row); }
    Result<std::optional<core::Agent>> agent_by_id(std::string_view id) override {
        return sqlite::agent_by_id(db(), id);
    }
    Result<std::optional<core::Agent>> agent_named(std::string_view name) override {
        return sqlite::agent_named(db(), name);
    }
    Result<std::vector<core::Agent>> agents(const Page& page, std::optional<std::int64_t> pool_row) override {
        return sqlite::agents(db(), page, pool_row);
    }
    Result<std::vector<core::Agent>> all_agents() override { return sqlite::all_agents(db()); }
    Result<std::optional<std::string>> agent_name(std::int64_t row) override { return sqlite::agent_name(db(), row); }

    Result<std::optional<core::JoinToken>> join_token(std::string_view id) override {
        return sqlite::join_token(db(), id);
    }
    Result<std::vector<core::JoinToken>> join_tokens(const Page& page) override {
        return sqlite::join_tokens(db(), page);
    }
    Result<std::optional<core::Token>> token(std::string_view id) override { return sqlite::token(db(), id); }
    Result<std::optional<core::Token>> token_named(std::string_view name) override {
        return sqlite::token_named(db(), name);
    }
    Result<std::vector<core::Token>> tokens(const Page& page) override { return sqlite::tokens(db(), page); }

    Result<std::optional<core::Job>> job(std::int64_t row) override { return sqlite::job(db(), row); }
    Result<std::optional<core::Job>> job_by_id(std::string_view id) override { return sqlite::job_by_id(db(), id); }
    Result<JobList> jobs(const JobFilter& filter, const Page& page) override {
        return sqlite::jobs(db(), filter, page);
    }
    Result<std::vector<core::Job>> unfinished_jobs() override { return sqlite::unfinished_jobs(db()); }
    Result<bool> pool_has_unfinished_jobs(std::int64_t pool_row) override {
        return sqlite::pool_has_unfinished_jobs(db(), pool_row);
    }

    Result<std::optional<core::Attempt>> attempt(std::int64_t row) override { return sqlite::attempt(db(), row); }
    Result<std::optional<core::Attempt>> attempt_by_id(std::string_view id) override {
        return sqlite::attempt_by_id(db(), id);
    }
    Result<std::vector<core::Attempt>> attempts_of_job(std::int64_t job_row) override {
        return sqlite::attempts_of_job(db(), job_row);
    }
    Result<std::vector<core::Attempt>> open_attempts(std::optional<std::int64_t> agent_row) override {
        return sqlite::open_attempts(db(), agent_row);
    }
    Result<std::optional<std::string>> order_document(std::int64_t attempt_row) override {
        return sqlite::order_document(db(), attempt_row);
    }
    Result<std::vector<core::AttemptTask>> tasks_of_attempt(std::int64_t attempt_row) override {
        return sqlite::tasks_of_attempt(db(), attempt_row);
    }

    Result<std::optional<core::Artifact>> artifact(std::string_view name, std::string_view version) override {
        return sqlite::artifact(db(), name, version);
    }
    Result<std::optional<core::Artifact>> artifact_by_id(std::string_view id) override {
        return sqlite::artifact_by_id(db(), id);
    }
    Result<std::vector<core::Artifact>> artifacts(std::string_view name, const Page& page) override {
        return sqlite::artifacts(db(), name, page);
    }
    Result<std::vector<core::JobArtifact>> artifacts_of_job(std::int64_t job_row) override {
        return sqlite::artifacts_of_job(db(), job_row);
    }
    Result<bool> artifact_is_needed(std::string_view name, std::string_view version) override {
        return sqlite::artifact_is_needed(db(), name, version);
    }
    Result<bool> blob_is_used(std::string_view sha256) override { return sqlite::blob_is_used(db(), sha256); }
    Result<bool> agent_may_fetch(std::int64_t agent_row, std::string_view sha256) override {
        return sqlite::agent_may_fetch(db(), agent_row, sha256);
    }
    Result<std::optional<core::Upload>> upload(std::string_view id) override { return sqlite::upload(db(), id); }
    Result<std::vector<core::Upload>> uploads_untouched_since(Time time) override {
        return sqlite::uploads_untouched_since(db(), time);
    }

    Result<std::optional<IdempotencyRecord>> idempotency(std::int64_t token_row, std::string_view key) override {
        return sqlite::idempotency(db(), token_row, key);
    }

    Result<std::vector<core::AuditRecord>> audit(const Page& page) override { return sqlite::audit(db(), page); }
    Result<std::optional<core::AuditRecord>> last_audit() override { return sqlite::last_audit(db()); }

protected:
    virtual Connection& db() = 0;
};

}  // namespace slipway::store::sqlite
