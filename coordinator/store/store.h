#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/agent.h"
#include "coordinator/core/artifact.h"
#include "coordinator/core/audit.h"
#include "coordinator/core/credential.h"
#include "coordinator/core/job.h"
#include "coordinator/core/pool.h"
#include "platform/base/result.h"

namespace slipway::store {

/// The place after which a list goes on: the key of the last item of the page before. Lists are newest first.
struct Page {
    std::size_t limit = 50;
    std::optional<std::int64_t> before_row;
};

struct JobFilter {
    std::optional<JobState> state;
    std::optional<std::int64_t> pool_row;
    std::optional<std::int64_t> agent_row;  ///< jobs whose current attempt is on this agent
    std::string name;                       ///< exact; empty: any
};

/// A page of jobs. Where a filter fits few of many jobs a page may end before its limit, even without a job: nobody
/// waits for a walk over all of them.
struct JobList {
    std::vector<core::Job> jobs;
    std::optional<std::int64_t> looked_until;  ///< such an end: the list goes on before this row
};
/// How many jobs a page looks at that its filter may not fit, unless its own limit is higher.
inline constexpr std::size_t jobs_looked_at_max = 250;

struct IdempotencyRecord {
    std::int64_t token_row = 0;
    std::string key;
    std::string request_sha256;
    Time created;
    int status = 0;
    std::string body;
    std::string location;
};

/// One number for the whole coordinator each; all start at 0.
enum class Counter { fence, restore_epoch, restored_fence };

/// A consistent view. Used by one thread at a time; ends with its destruction, which should come soon: it holds a
/// connection and keeps the write-ahead log from being cut.
/// Rows that are not there are std::nullopt; an Error is the store's own trouble (io, disk_full, corrupt).
class Reader {
public:
    virtual ~Reader() = default;

    virtual Result<std::int64_t> counter(Counter counter) = 0;

    virtual Result<std::optional<core::Pool>> pool(std::int64_t row) = 0;
    virtual Result<std::optional<core::Pool>> pool_named(std::string_view name) = 0;  ///< not the deleted ones
    virtual Result<std::vector<core::Pool>> pools() = 0;                              ///< by name, not the deleted ones

    virtual Result<std::optional<core::Agent>> agent(std::int64_t row) = 0;
    virtual Result<std::optional<core::Agent>> agent_by_id(std::string_view id) = 0;
    virtual Result<std::optional<core::Agent>> agent_named(std::string_view name) = 0;  ///< not the deleted ones
    /// Not the deleted ones; of all pools when `pool_row` is empty.
    virtual Result<std::vector<core::Agent>> agents(const Page& page, std::optional<std::int64_t> pool_row) = 0;
    virtual Result<std::vector<core::Agent>> all_agents() = 0;  ///< not the deleted ones; for the start
    virtual Result<std::optional<std::string>> agent_name(std::int64_t row) = 0;

    virtual Result<std::optional<core::JoinToken>> join_token(std::string_view id) = 0;
    virtual Result<std::vector<core::JoinToken>> join_tokens(const Page& page) = 0;
    virtual Result<std::optional<core::Token>> token(std::string_view id) = 0;
    virtual Result<std::optional<core::Token>> token_named(std::string_view name) = 0;  ///< not the revoked ones
    virtual Result<std::vector<core::Token>> tokens(const Page& page) = 0;

    virtual Result<std::optional<core::Job>> job(std::int64_t row) = 0;
    virtual Result<std::optional<core::Job>> job_by_id(std::string_view id) = 0;
    virtual Result<JobList> jobs(const JobFilter& filter, const Page& page) = 0;  ///< `spec` left empty
    /// For the start and for reloads: every job that has not ended, oldest first. `spec` is left empty.
    virtual Result<std::vector<core::Job>> unfinished_jobs() = 0;
    virtual Result<bool> pool_has_unfinished_jobs(std::int64_t pool_row) = 0;

    virtual Result<std::optional<core::Attempt>> attempt(std::int64_t row) = 0;
    virtual Result<std::optional<core::Attempt>> attempt_by_id(std::string_view id) = 0;
    virtual Result<std::vector<core::Attempt>> attempts_of_job(std::int64_t job_row) = 0;  ///< by fence
    /// Attempts that are not final, by fence; of all agents when `agent_row` is empty.
    virtual Result<std::vector<core::Attempt>> open_attempts(std::optional<std::int64_t> agent_row) = 0;
    virtual Result<std::optional<std::string>> order_document(std::int64_t attempt_row) = 0;
    virtual Result<std::vector<core::AttemptTask>> tasks_of_attempt(std::int64_t attempt_row) = 0;  ///< by index

    virtual Result<std::optional<core::Artifact>> artifact(std::string_view name, std::string_view version) = 0;
    virtual Result<std::optional<core::Artifact>> artifact_by_id(std::string_view id) = 0;
    virtual Result<std::vector<core::Artifact>> artifacts(std::string_view name,
                                                          const Page& page) = 0;                ///< "": all names
    virtual Result<std::vector<core::JobArtifact>> artifacts_of_job(std::int64_t job_row) = 0;  ///< by alias
    /// Whether a job that has not ended uses this version.
    virtual Result<bool> artifact_is_needed(std::string_view name, std::string_view version) = 0;
    virtual Result<bool> blob_is_used(std::string_view sha256) = 0;  ///< by an artifact or an unfinished job
    /// Whether a job with this blob has an attempt on the agent that is not final.
    virtual Result<bool> agent_may_fetch(std::int64_t agent_row, std::string_view sha256) = 0;
    virtual Result<std::optional<core::Upload>> upload(std::string_view id) = 0;
    virtual Result<std::vector<core::Upload>> uploads_untouched_since(Time time) = 0;  ///< touched before `time`

    virtual Result<std::optional<IdempotencyRecord>> idempotency(std::int64_t token_row, std::string_view key) = 0;

    virtual Result<std::vector<core::AuditRecord>> audit(const Page& page) = 0;  ///< by seq, newest first
    virtual Result<std::optional<core::AuditRecord>> last_audit() = 0;
};

/// The only way to change anything. There is one at a time, on the writer's thread. What is not committed when it is
/// destroyed never happened. insert() sets the row's number. These refusals change nothing and the transaction goes on:
/// a unique name or id that is taken, Code::conflict with reason "name_taken"; a row that refers to one which is not
/// there, Code::conflict with reason "in_use"; an update or removal of a row that is not
/// there, Code::not_found. After any other error it can only be dropped: later writes and commit() fail with the same.
/// update() leaves what was given at insertion as it is: ids, times of creation, and where a method says so.
class Transaction : public Reader {
public:
    virtual Result<> set_counter(Counter counter, std::int64_t value) = 0;

    virtual Result<> insert(core::Pool& pool) = 0;
    virtual Result<> update(const core::Pool& pool) = 0;
    virtual Result<> insert(core::Agent& agent) = 0;
    virtual Result<> update(const core::Agent& agent) = 0;
    virtual Result<> insert(core::JoinToken& token) = 0;
    virtual Result<> update(const core::JoinToken& token) = 0;  ///< leaves secret, pool and agent_name as they are
    virtual Result<> insert(core::Token& token) = 0;
    virtual Result<> update(const core::Token& token) = 0;  ///< leaves name and secret as they are
    virtual Result<> insert(core::Job& job, const std::vector<core::JobArtifact>& artifacts) = 0;
    /// Leaves everything from `id` to `created_by` as it is. The current attempt is inserted before it is named here.
    virtual Result<> update(const core::Job& job) = 0;
    virtual Result<> insert(core::Attempt& attempt, std::string_view order_document) = 0;
    virtual Result<> update(const core::Attempt& attempt) = 0;  ///< leaves job, agent, fence and `leased` as they are
    virtual Result<> put(const core::AttemptTask& task) = 0;    ///< inserts or replaces (attempt, index)
    virtual Result<> insert(core::Artifact& artifact) = 0;
    virtual Result<> remove(const core::Artifact& artifact) = 0;
    virtual Result<> insert(core::Upload& upload) = 0;
    virtual Result<> update(const core::Upload& upload) = 0;
    virtual Result<> remove(const core::Upload& upload) = 0;
    virtual Result<> insert(const IdempotencyRecord& record) = 0;
    virtual Result<> remove_idempotency_before(Time time) = 0;
    virtual Result<> append(core::AuditRecord& record) = 0;  ///< sets seq; the caller made the hash

    /// Durable when it returns. After an error nothing of it is there, and the store may be used on.
    virtual Result<> commit() = 0;
};

class Store {
public:
    virtual ~Store() = default;
    virtual Result<std::unique_ptr<Transaction>> begin() = 0;  ///< writer's thread only
    virtual Result<std::unique_ptr<Reader>> read() = 0;        ///< any thread; of what is committed now
};

}  // namespace slipway::store
