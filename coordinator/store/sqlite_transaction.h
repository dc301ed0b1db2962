#pragma once

#include "coordinator/store/sqlite_reader.h"
#include "coordinator/store/sqlite_row_cache.h"

namespace slipway::store::sqlite {

/// BEGIN IMMEDIATE to COMMIT on the writing connection. An error that may have left half of a change, or after which
/// SQLite has rolled back by itself, is kept: every later write and the commit answer with it.
class SqliteTransaction : public ReaderOn<Transaction> {
public:
    /// Both outlive it.
    static Result<std::unique_ptr<Transaction>> begin(Connection& writer, RowCache& cache);
    ~SqliteTransaction() override;

    Result<std::optional<core::Agent>> agent(std::int64_t row) override;
    Result<std::optional<core::Job>> job(std::int64_t row) override;
    Result<std::optional<core::Attempt>> attempt(std::int64_t row) override;
    Result<std::optional<core::Attempt>> attempt_by_id(std::string_view id) override;

    Result<> set_counter(Counter counter, std::int64_t value) override;
    Result<> insert(core::Pool& pool) override;
    Result<> update(const core::Pool& pool) override;
    Result<> insert(core::Agent& agent) override;
    Result<> update(const core::Agent& agent) override;
    Result<> insert(core::JoinToken& token) override;
    Result<> update(const core::JoinToken& token) override;
    Result<> insert(core::Token& token) override;
    Result<> update(const core::Token& token) override;
    Result<> insert(core::Job& job, const std::vector<core::JobArtifact>& artifacts) override;
    Result<> update(const core::Job& job) override;
    Result<> insert(core::Attempt& attempt, std::string_view order_document) override;
    Result<> update(const core::Attempt& attempt) override;
    Result<> put(const core::AttemptTask& task) override;
    Result<> insert(core::Artifact& artifact) override;
    Result<> remove(const core::Artifact& artifact) override;
    Result<> insert(core::Upload& upload) override;
    Result<> update(const core::Upload& upload) override;
    Result<> remove(const core::Upload& upload) override;
    Result<> insert(const IdempotencyRecord& record) override;
    Result<> remove_idempotency_before(Time time) override;
    Result<> append(core::AuditRecord& record) override;

    Result<> commit() override;

private:
    SqliteTransaction(Connection& writer, RowCache& cache) : writer_(writer), cache_(cache) {}
    Connection& db() override { return writer_; }
    template <typename Write>
    Result<> guarded(Write write);
    template <typename Row>
    Result<> insert_and_keep(Row& row, Result<> inserted);
    template <typename Row>
    Result<> update_and_keep(const Row& row);
    template <typename Row, typename Read>
    Result<std::optional<Row>> kept_or(std::optional<Row> kept, Read read);
    void roll_back();

    Connection& writer_;
    RowCache& cache_;
    bool ended_ = false;
    std::optional<Error> broken_;
};

}  // namespace slipway::store::sqlite
