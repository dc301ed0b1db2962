#include "coordinator/store/sqlite_rows.h"

namespace slipway::store::sqlite {

namespace {

#define ATTEMPT_COLUMNS                                                                                     \
    "SELECT row, id, job_row, agent_row, fence, state, reason, flags, leased, lease_until, started, ended," \
    " acknowledged, withheld, handed_boot_id, listed_epoch, outcome_stored, outcome, summary, log_length,"  \
    " log_sha256, log_sealed, log_asked_again, event_seq FROM attempt "
// As in the index attempt_open, which this makes usable.
#define ATTEMPT_IS_OPEN "state IN ('leased', 'received', 'running', 'canceling', 'unknown')"

Result<core::Attempt> read_attempt(const Query& query) {
    core::Attempt attempt;
    Columns columns(query);
    columns.read(attempt.row, attempt.id, attempt.job_row, attempt.agent_row, attempt.fence, attempt.state,
                 attempt.reason, attempt.flags, attempt.leased, attempt.lease_until, attempt.started, attempt.ended,
                 attempt.acknowledged, attempt.withheld, attempt.handed_boot_id, attempt.listed_epoch,
                 attempt.outcome_stored, attempt.outcome, attempt.summary, attempt.log_length, attempt.log_sha256,
                 attempt.log_sealed, attempt.log_asked_again, attempt.event_seq);
    TRY(columns.finish("attempt"));
    return attempt;
}

Result<core::AttemptTask> read_task(const Query& query) {
    core::AttemptTask task;
    Columns columns(query);
    columns.read(task.attempt_row, task.index, task.name, task.state, task.reason, task.exit_code, task.log_begin,
                 task.log_end, task.started, task.ended);
    TRY(columns.finish("attempt_task"));
    return task;
}

Result<std::string> read_document(const Query& query) { return std::string(query.text(0)); }

}  // namespace

Result<std::optional<core::Attempt>> attempt(Connection& db, std::int64_t row) {
    return one_row(db.query(ATTEMPT_COLUMNS "WHERE row = $1", row), &read_attempt);
}

Result<std::optional<core::Attempt>> attempt_by_id(Connection& db, std::string_view id) {
    return one_row(db.query(ATTEMPT_COLUMNS "WHERE id = $1", id), &read_attempt);
}

Result<std::vector<core::Attempt>> attempts_of_job(Connection& db, std::int64_t job_row) {
    return all_rows(db.query(ATTEMPT_COLUMNS "WHERE job_row = $1 ORDER BY fence, row", job_row), &read_attempt);
}

Result<std::vector<core::Attempt>> open_attempts(Connection& db, std::optional<std::int64_t> agent_row) {
    if (!agent_row)
        return all_rows(db.query(ATTEMPT_COLUMNS "WHERE " ATTEMPT_IS_OPEN " ORDER BY fence, row"), &read_attempt);
    return all_rows(
        db.query(ATTEMPT_COLUMNS "WHERE agent_row = $1 AND " ATTEMPT_IS_OPEN " ORDER BY fence, row", *agent_row),
        &read_attempt);
}

Result<std::optional<std::string>> order_document(Connection& db, std::int64_t attempt_row) {
    return one_row(db.query("SELECT document FROM order_document WHERE attempt_row = $1", attempt_row), &read_document);
}

Result<std::vector<core::AttemptTask>> tasks_of_attempt(Connection& db, std::int64_t attempt_row) {
    return all_rows(db.query("SELECT attempt_row, task_index, name, state, reason, exit_code, log_begin, log_end,"
                             " started, ended FROM attempt_task WHERE attempt_row = $1 ORDER BY task_index",
                             attempt_row),
                    &read_task);
}

Result<> insert(Connection& db, core::Attempt& attempt, std::string_view order_document) {
    std::int64_t row = 0;
    TRY(set_row(db,
                db.execute("INSERT INTO attempt (id, job_row, agent_row, fence, state, reason, flags, leased,"
                           " lease_until, started, ended, acknowledged, withheld, handed_boot_id, listed_epoch,"
                           " outcome_stored, outcome, summary, log_length, log_sha256, log_sealed, log_asked_again,"
                           " event_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
                           " $17, $18, $19, $20, $21, $22, $23)",
                           attempt.id, attempt.job_row, attempt.agent_row, attempt.fence, attempt.state, attempt.reason,
                           encode(attempt.flags), attempt.leased, attempt.lease_until, attempt.started, attempt.ended,
                           attempt.acknowledged, attempt.withheld, attempt.handed_boot_id, attempt.listed_epoch,
                           attempt.outcome_stored, attempt.outcome, attempt.summary, attempt.log_length,
                           attempt.log_sha256, attempt.log_sealed, attempt.log_asked_again, attempt.event_seq),
                row));
    TRY(must_succeed(
        db.execute("INSERT INTO order_document (attempt_row, document) VALUES ($1, $2)", row, Blob{order_document})));
    attempt.row = row;
    return {};
}

Result<> update(Connection& db, const core::Attempt& attempt) {
    return must_change_one(
        db.execute("UPDATE attempt SET state = $2, reason = $3, flags = $4, lease_until = $5, started = $6,"
                   " ended = $7, acknowledged = $8, withheld = $9, handed_boot_id = $10, listed_epoch = $11,"
                   " outcome_stored = $12, outcome = $13, summary = $14, log_length = $15, log_sha256 = $16,"
                   " log_sealed = $17, log_asked_again = $18, event_seq = $19 WHERE row = $1",
                   attempt.row, attempt.state, attempt.reason, encode(attempt.flags), attempt.lease_until,
                   attempt.started, attempt.ended, attempt.acknowledged, attempt.withheld, attempt.handed_boot_id,
                   attempt.listed_epoch, attempt.outcome_stored, attempt.outcome, attempt.summary, attempt.log_length,
                   attempt.log_sha256, attempt.log_sealed, attempt.log_asked_again, attempt.event_seq),
        "attempt");
}

Result<> put(Connection& db, const core::AttemptTask& task) {
    TRY(
        db.execute("INSERT INTO attempt_task (attempt_row, task_index, name, state, reason, exit_code, log_begin,"
                   " log_end, started, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                   " ON CONFLICT (attempt_row, task_index) DO UPDATE SET name = excluded.name,"
                   " state = excluded.state, reason = excluded.reason, exit_code = excluded.exit_code,"
                   " log_begin = excluded.log_begin, log_end = excluded.log_end, started = excluded.started,"
                   " ended = excluded.ended",
                   task.attempt_row, task.index, task.name, task.state, task.reason, task.exit_code, task.log_begin,
                   task.log_end, task.started, task.ended));
    return {};
}

}  // namespace slipway::store::sqlite
