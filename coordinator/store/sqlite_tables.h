#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/store/sqlite_connection.h"
#include "coordinator/store/store.h"

/// The SQL, one file per group of tables; every function is the method of store.h of the same name. Rows that an
/// update or a removal does not find are Code::not_found.
namespace slipway::store::sqlite {

/// sqlite_audit.cpp
Result<std::int64_t> counter(Connection& db, Counter counter);
Result<> set_counter(Connection& db, Counter counter, std::int64_t value);
Result<std::optional<IdempotencyRecord>> idempotency(Connection& db, std::int64_t token_row, std::string_view key);
Result<> insert(Connection& db, const IdempotencyRecord& record);
Result<> remove_idempotency_before(Connection& db, Time time);
Result<std::vector<core::AuditRecord>> audit(Connection& db, const Page& page);
Result<std::optional<core::AuditRecord>> last_audit(Connection& db);
Result<> append(Connection& db, core::AuditRecord& record);

/// sqlite_agents.cpp
Result<std::optional<core::Pool>> pool(Connection& db, std::int64_t row);
Result<std::optional<core::Pool>> pool_named(Connection& db, std::string_view name);
Result<std::vector<core::Pool>> pools(Connection& db);
Result<> insert(Connection& db, core::Pool& pool);
Result<> update(Connection& db, const core::Pool& pool);
Result<std::optional<core::Agent>> agent(Connection& db, std::int64_t row);
Result<std::optional<core::Agent>> agent_by_id(Connection& db, std::string_view id);
Result<std::optional<core::Agent>> agent_named(Connection& db, std::string_view name);
Result<std::vector<core::Agent>> agents(Connection& db, const Page& page, std::optional<std::int64_t> pool_row);
Result<std::vector<core::Agent>> all_agents(Connection& db);
Result<std::optional<std::string>> agent_name(Connection& db, std::int64_t row);
Result<> insert(Connection& db, core::Agent& agent);
Result<> update(Connection& db, const core::Agent& agent);

/// sqlite_credentials.cpp
Result<std::optional<core::JoinToken>> join_token(Connection& db, std::string_view id);
Result<std::vector<core::JoinToken>> join_tokens(Connection& db, const Page& page);
Result<> insert(Connection& db, core::JoinToken& token);
Result<> update(Connection& db, const core::JoinToken& token);
Result<std::optional<core::Token>> token(Connection& db, std::string_view id);
Result<std::optional<core::Token>> token_named(Connection& db, std::string_view name);
Result<std::vector<core::Token>> tokens(Connection& db, const Page& page);
Result<> insert(Connection& db, core::Token& token);
Result<> update(Connection& db, const core::Token& token);

/// sqlite_jobs.cpp
Result<std::optional<core::Job>> job(Connection& db, std::int64_t row);
Result<std::optional<core::Job>> job_by_id(Connection& db, std::string_view id);
/// The SELECT of jobs(): $1 before which row, $2 how many rows to look at. The last column says whether the row fits.
std::string jobs_sql(const JobFilter& filter);
Result<JobList> jobs(Connection& db, const JobFilter& filter, const Page& page);
Result<std::vector<core::Job>> unfinished_jobs(Connection& db);
Result<bool> pool_has_unfinished_jobs(Connection& db, std::int64_t pool_row);
Result<std::vector<core::JobArtifact>> artifacts_of_job(Connection& db, std::int64_t job_row);
Result<> insert(Connection& db, core::Job& job, const std::vector<core::JobArtifact>& artifacts);
Result<> update(Connection& db, const core::Job& job);

/// sqlite_attempts.cpp
Result<std::optional<core::Attempt>> attempt(Connection& db, std::int64_t row);
Result<std::optional<core::Attempt>> attempt_by_id(Connection& db, std::string_view id);
Result<std::vector<core::Attempt>> attempts_of_job(Connection& db, std::int64_t job_row);
Result<std::vector<core::Attempt>> open_attempts(Connection& db, std::optional<std::int64_t> agent_row);
Result<std::optional<std::string>> order_document(Connection& db, std::int64_t attempt_row);
Result<std::vector<core::AttemptTask>> tasks_of_attempt(Connection& db, std::int64_t attempt_row);
Result<> insert(Connection& db, core::Attempt& attempt, std::string_view order_document);
Result<> update(Connection& db, const core::Attempt& attempt);
Result<> put(Connection& db, const core::AttemptTask& task);

/// sqlite_artifacts.cpp
Result<std::optional<core::Artifact>> artifact(Connection& db, std::string_view name, std::string_view version);
Result<std::optional<core::Artifact>> artifact_by_id(Connection& db, std::string_view id);
Result<std::vector<core::Artifact>> artifacts(Connection& db, std::string_view name, const Page& page);
Result<bool> artifact_is_needed(Connection& db, std::string_view name, std::string_view version);
Result<bool> blob_is_used(Connection& db, std::string_view sha256);
Result<bool> agent_may_fetch(Connection& db, std::int64_t agent_row, std::string_view sha256);
Result<> insert(Connection& db, core::Artifact& artifact);
Result<> remove(Connection& db, const core::Artifact& artifact);
Result<std::optional<core::Upload>> upload(Connection& db, std::string_view id);
Result<std::vector<core::Upload>> uploads_untouched_since(Connection& db, Time time);
Result<> insert(Connection& db, core::Upload& upload);
Result<> update(Connection& db, const core::Upload& upload);
Result<> remove(Connection& db, const core::Upload& upload);

}  // namespace slipway::store::sqlite
