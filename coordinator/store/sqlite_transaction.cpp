#include "coordinator/store/sqlite_transaction.h"

#include "platform/base/assert.h"
#include "platform/base/crash_point.h"

namespace slipway::store::sqlite {

Result<std::unique_ptr<Transaction>> SqliteTransaction::begin(Connection& writer, RowCache& cache) {
    ASSERT(!writer.in_transaction());
    TRY_WITHIN("beginning a transaction", writer.execute("BEGIN IMMEDIATE"));
    return std::unique_ptr<Transaction>(new SqliteTransaction(writer, cache));
}

SqliteTransaction::~SqliteTransaction() {
    if (!ended_) roll_back();
}

void SqliteTransaction::roll_back() {
    ended_ = true;
    cache_.clear();
    // SQLite has rolled back by itself after some errors; a ROLLBACK cannot fail in a way that leaves it open.
    if (writer_.in_transaction()) static_cast<void>(writer_.execute("ROLLBACK"));
}

template <typename Write>
Result<> SqliteTransaction::guarded(Write write) {
    ASSERT(!ended_);
    if (broken_) return fail(*broken_);
    Result<> written = write();
    if (written) return written;
    const Code code = written.error().code;
    const bool refused = code == Code::conflict || code == Code::not_found;
    if (!refused || !writer_.in_transaction()) broken_ = written.error();
    return written;
}

Result<> SqliteTransaction::commit() {
    ASSERT(!ended_);
    if (broken_) {
        roll_back();
        return fail(*broken_);
    }
    CRASH_POINT("store.commit_before");
    if (auto committed = writer_.execute("COMMIT"); !committed) {
        roll_back();
        return fail(std::move(committed).error().within("committing"));
    }
    ended_ = true;
    CRASH_POINT("store.commit_after");
    return {};
}

template <typename Row, typename Read>
Result<std::optional<Row>> SqliteTransaction::kept_or(std::optional<Row> kept, Read read) {
    if (kept) return kept;
    TRY_ASSIGN(auto found, read());
    if (found) cache_.put(*found);
    return found;
}

template <typename Row>
Result<> SqliteTransaction::insert_and_keep(Row& row, Result<> inserted) {
    if (inserted) cache_.put(row);
    return inserted;
}

template <typename Row>
Result<> SqliteTransaction::update_and_keep(const Row& row) {
    auto updated = guarded([&] { return sqlite::update(writer_, row); });
    if (updated) cache_.updated(row);
    return updated;
}

Result<std::optional<core::Agent>> SqliteTransaction::agent(std::int64_t row) {
    return kept_or(cache_.agent(row), [&] { return sqlite::agent(writer_, row); });
}
Result<std::optional<core::Job>> SqliteTransaction::job(std::int64_t row) {
    return kept_or(cache_.job(row), [&] { return sqlite::job(writer_, row); });
}
Result<std::optional<core::Attempt>> SqliteTransaction::attempt(std::int64_t row) {
    return kept_or(cache_.attempt(row), [&] { return sqlite::attempt(writer_, row); });
}
Result<std::optional<core::Attempt>> SqliteTransaction::attempt_by_id(std::string_view id) {
    return kept_or(cache_.attempt_by_id(id), [&] { return sqlite::attempt_by_id(writer_, id); });
}

Result<> SqliteTransaction::set_counter(Counter counter, std::int64_t value) {
    return guarded([&] { return sqlite::set_counter(writer_, counter, value); });
}
Result<> SqliteTransaction::insert(core::Pool& pool) {
    return guarded([&] { return sqlite::insert(writer_, pool); });
}
Result<> SqliteTransaction::update(const core::Pool& pool) {
    return guarded([&] { return sqlite::update(writer_, pool); });
}
Result<> SqliteTransaction::insert(core::Agent& agent) {
    return guarded([&] { return sqlite::insert(writer_, agent); });
}
Result<> SqliteTransaction::update(const core::Agent& agent) { return update_and_keep(agent); }
Result<> SqliteTransaction::insert(core::JoinToken& token) {
    return guarded([&] { return sqlite::insert(writer_, token); });
}
Result<> SqliteTransaction::update(const core::JoinToken& token) {
    return guarded([&] { return sqlite::update(writer_, token); });
}
Result<> SqliteTransaction::insert(core::Token& token) {
    return guarded([&] { return sqlite::insert(writer_, token); });
}
Result<> SqliteTransaction::update(const core::Token& token) {
    return guarded([&] { return sqlite::update(writer_, token); });
}
Result<> SqliteTransaction::insert(core::Job& job, const std::vector<core::JobArtifact>& artifacts) {
    return insert_and_keep(job, guarded([&] { return sqlite::insert(writer_, job, artifacts); }));
}
Result<> SqliteTransaction::update(const core::Job& job) { return update_and_keep(job); }
Result<> SqliteTransaction::insert(core::Attempt& attempt, std::string_view order_document) {
    return insert_and_keep(attempt, guarded([&] { return sqlite::insert(writer_, attempt, order_document); }));
}
Result<> SqliteTransaction::update(const core::Attempt& attempt) { return update_and_keep(attempt); }
Result<> SqliteTransaction::put(const core::AttemptTask& task) {
    return guarded([&] { return sqlite::put(writer_, task); });
}
Result<> SqliteTransaction::insert(core::Artifact& artifact) {
    return guarded([&] { return sqlite::insert(writer_, artifact); });
}
Result<> SqliteTransaction::remove(const core::Artifact& artifact) {
    return guarded([&] { return sqlite::remove(writer_, artifact); });
}
Result<> SqliteTransaction::insert(core::Upload& upload) {
    return guarded([&] { return sqlite::insert(writer_, upload); });
}
Result<> SqliteTransaction::update(const core::Upload& upload) {
    return guarded([&] { return sqlite::update(writer_, upload); });
}
Result<> SqliteTransaction::remove(const core::Upload& upload) {
    return guarded([&] { return sqlite::remove(writer_, upload); });
}
Result<> SqliteTransaction::insert(const IdempotencyRecord& record) {
    return guarded([&] { return sqlite::insert(writer_, record); });
}
Result<> SqliteTransaction::remove_idempotency_before(Time time) {
    return guarded([&] { return sqlite::remove_idempotency_before(writer_, time); });
}
Result<> SqliteTransaction::append(core::AuditRecord& record) {
    return guarded([&] { return sqlite::append(writer_, record); });
}

}  // namespace slipway::store::sqlite
