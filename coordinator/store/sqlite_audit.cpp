#include "coordinator/store/sqlite_rows.h"

namespace slipway::store::sqlite {

namespace {

std::string_view to_string(Counter counter) {
    switch (counter) {
        case Counter::fence: return "fence";
        case Counter::restore_epoch: return "restore_epoch";
        case Counter::restored_fence: return "restored_fence";
    }
    return {};
}

Result<std::int64_t> read_number(const Query& query) { return query.integer(0); }

Result<core::AuditRecord> read_audit(const Query& query) {
    core::AuditRecord record;
    Columns columns(query);
    columns.read(record.seq, record.time, record.actor, record.address, record.action, record.object, record.result,
                 record.hash);
    TRY(columns.finish("audit"));
    return record;
}

Result<IdempotencyRecord> read_idempotency(const Query& query) {
    IdempotencyRecord record;
    Columns columns(query);
    columns.read(record.token_row, record.key, record.request_sha256, record.created, record.status, record.body,
                 record.location);
    TRY(columns.finish("idempotency"));
    return record;
}

}  // namespace

Result<std::int64_t> counter(Connection& db, Counter counter) {
    TRY_ASSIGN(const auto value,
               one_row(db.query("SELECT value FROM counter WHERE name = $1", to_string(counter)), &read_number));
    return value.value_or(0);
}

Result<> set_counter(Connection& db, Counter counter, std::int64_t value) {
    TRY(
        db.execute("INSERT INTO counter (name, value) VALUES ($1, $2)"
                   " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                   to_string(counter), value));
    return {};
}

Result<std::optional<IdempotencyRecord>> idempotency(Connection& db, std::int64_t token_row, std::string_view key) {
    return one_row(db.query("SELECT token_row, key, request_sha256, created, status, body, location FROM idempotency"
                            " WHERE token_row = $1 AND key = $2",
                            token_row, key),
                   &read_idempotency);
}

Result<> insert(Connection& db, const IdempotencyRecord& record) {
    TRY(
        db.execute("INSERT INTO idempotency (token_row, key, request_sha256, created, status, body, location)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   record.token_row, record.key, record.request_sha256, record.created, record.status, record.body,
                   record.location));
    return {};
}

Result<> remove_idempotency_before(Connection& db, Time time) {
    TRY(db.execute("DELETE FROM idempotency WHERE created < $1", time));
    return {};
}

Result<std::vector<core::AuditRecord>> audit(Connection& db, const Page& page) {
    return all_rows(db.query("SELECT seq, time, actor, address, action, object, result, hash FROM audit"
                             " WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
                             before(page), page.limit),
                    &read_audit);
}

Result<std::optional<core::AuditRecord>> last_audit(Connection& db) {
    return one_row(db.query("SELECT seq, time, actor, address, action, object, result, hash FROM audit"
                            " ORDER BY seq DESC LIMIT 1"),
                   &read_audit);
}

Result<> append(Connection& db, core::AuditRecord& record) {
    return set_row(
        db,
        db.execute("INSERT INTO audit (time, actor, address, action, object, result, hash)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   record.time, record.actor, record.address, record.action, record.object, record.result, record.hash),
        record.seq);
}

}  // namespace slipway::store::sqlite
