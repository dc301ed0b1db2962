#pragma once

#include "coordinator/store/sqlite_reader.h"

namespace slipway::store::sqlite {

/// BEGIN IMMEDIATE to COMMIT on the writing connection. An error that may have left half of a change, or after which
/// SQLite has rolled back by itself, is kept: every later write and the commit answer with it.
class SqliteTransaction : public ReaderOn<Transaction> {
public:
    static Result<std::unique_ptr<Transaction>> begin(Connection& writer);
    ~SqliteTransaction() override;

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
    explicit SqliteTransaction(Connection& writer) : writer_(writer) {}
    Connection& db() override { return writer_; }
    template <typename Write>
    Result<> guarded(Write write);
    void roll_back();

    Connection& writer_;
    bool ended_ = false;
    std::optional<Error> broken_;
};

}  // namespace slipway::store::sqlite
