#include "coordinator/store/sqlite_rows.h"

namespace slipway::store::sqlite {

namespace {

#define JOB_COLUMNS                                                                                                  \
    "SELECT row, id, name, pool_row, demands, priority, idempotent, timeout_s, cancel_grace_s, created, created_by," \
    " state, reason, with_issues, summary, started, ended, current_attempt_row, attempts, automatic_retries,"        \
    " cancel_requested, resolved_by, resolved_reason, held_by_restore, agent_row"
// In the words of migration 0002.
#define RARE " AND (state = 'failed' OR state = 'canceled' OR state = 'unknown')"
#define JOB_WITHOUT_SPEC JOB_COLUMNS " FROM job "
#define JOB_WITH_SPEC JOB_COLUMNS ", spec FROM job JOIN job_spec ON job_spec.job_row = job.row "

constexpr int fits_column = 25;  // of jobs_sql()

bool is_live(JobState state) { return !is_final(state) && state != JobState::unknown; }

Columns read_columns(const Query& query, core::Job& job) {
    Columns columns(query);
    columns.read(job.row, job.id, job.name, job.pool_row, job.demands, job.priority, job.idempotent, job.timeout_s,
                 job.cancel_grace_s, job.created, job.created_by, job.state, job.reason, job.with_issues, job.summary,
                 job.started, job.ended, job.current_attempt_row, job.attempts, job.automatic_retries,
                 job.cancel_requested, job.resolved_by, job.resolved_reason, job.held_by_restore, job.agent_row);
    return columns;
}

Result<core::Job> read_without_spec(const Query& query) {
    core::Job job;
    TRY(read_columns(query, job).finish("job"));
    return job;
}

Result<core::Job> read_with_spec(const Query& query) {
    core::Job job;
    TRY(read_columns(query, job).read(job.spec).finish("job"));
    return job;
}

Result<core::JobArtifact> read_artifact(const Query& query) {
    core::JobArtifact artifact;
    Columns columns(query);
    columns.read(artifact.alias, artifact.name, artifact.version, artifact.sha256, artifact.bytes);
    TRY(columns.finish("job_artifact"));
    return artifact;
}

}  // namespace

// One filter drives, newest first along its index; what is left over is only looked at, so that the walk can end.
std::string jobs_sql(const JobFilter& filter) {
    std::vector<std::string_view> conditions;
    const bool live = filter.state && is_live(*filter.state);
    if (live) conditions.emplace_back("state = $5");
    if (filter.agent_row) conditions.emplace_back("agent_row = $3");
    if (!filter.name.empty()) conditions.emplace_back("name = $4");
    if (filter.pool_row) conditions.emplace_back("pool_row = $6");
    const bool rare = filter.state && !live && *filter.state != JobState::succeeded;
    std::string drives = conditions.empty() ? "" : " AND " + std::string(conditions.front());
    if (rare) drives += conditions.empty() ? " AND state = $5" : RARE " AND state = $5";
    if (filter.state == JobState::succeeded) conditions.emplace_back("state = $5");
    if (drives.empty() && !conditions.empty()) drives = " AND " + std::string(conditions.front());
    std::string fits = "1";
    for (std::size_t i = 1; i < conditions.size(); ++i) fits += " AND " + std::string(conditions[i]);
    return JOB_COLUMNS ", " + fits + " FROM job WHERE row < $1" + drives + " ORDER BY row DESC LIMIT $2";
}

Result<std::optional<core::Job>> job(Connection& db, std::int64_t row) {
    return one_row(db.query(JOB_WITH_SPEC "WHERE row = $1", row), &read_with_spec);
}

Result<std::optional<core::Job>> job_by_id(Connection& db, std::string_view id) {
    return one_row(db.query(JOB_WITH_SPEC "WHERE id = $1", id), &read_with_spec);
}

Result<JobList> jobs(Connection& db, const JobFilter& filter, const Page& page) {
    TRY_ASSIGN(Query query, db.prepare(jobs_sql(filter)));
    const std::size_t looked_at_max = std::max(jobs_looked_at_max, page.limit);
    query.bind(1, before(page));
    query.bind(2, looked_at_max);
    if (filter.agent_row) query.bind(3, *filter.agent_row);
    if (!filter.name.empty()) query.bind(4, filter.name);
    if (filter.state) query.bind(5, *filter.state);
    if (filter.pool_row) query.bind(6, *filter.pool_row);
    JobList list;
    std::size_t looked_at = 0;
    while (list.jobs.size() < page.limit) {
        TRY_ASSIGN(const bool row, query.next());
        if (!row) break;
        if (query.integer(fits_column) != 0) {
            TRY_ASSIGN(core::Job job, read_without_spec(query));
            list.jobs.push_back(std::move(job));
        }
        if (++looked_at == looked_at_max && list.jobs.size() < page.limit) list.looked_until = query.integer(0);
    }
    return list;
}

Result<std::vector<core::Job>> unfinished_jobs(Connection& db) {
    return all_rows(db.query(JOB_WITHOUT_SPEC
                             "WHERE state IN ('queued', 'leased', 'running', 'canceling', 'unknown') ORDER BY row"),
                    &read_without_spec);
}

Result<bool> pool_has_unfinished_jobs(Connection& db, std::int64_t pool_row) {
    return any_row(
        db.query("SELECT 1 FROM job WHERE state IN ('queued', 'leased', 'running', 'canceling', 'unknown')"
                 " AND (pool_row = $1) IS TRUE LIMIT 1",
                 pool_row));
}

Result<std::vector<core::JobArtifact>> artifacts_of_job(Connection& db, std::int64_t job_row) {
    return all_rows(db.query("SELECT alias, name, version, sha256, bytes FROM job_artifact"
                             " WHERE job_row = $1 ORDER BY alias",
                             job_row),
                    &read_artifact);
}

Result<> insert(Connection& db, core::Job& job, const std::vector<core::JobArtifact>& artifacts) {
    std::int64_t row = 0;
    TRY(set_row(
        db,
        db.execute("INSERT INTO job (id, name, pool_row, demands, priority, idempotent, timeout_s,"
                   " cancel_grace_s, created, created_by, state, reason, with_issues, summary, started, ended,"
                   " current_attempt_row, attempts, automatic_retries, cancel_requested, resolved_by,"
                   " resolved_reason, held_by_restore)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
                   " $19, $20, $21, $22, $23)",
                   job.id, job.name, job.pool_row, encode(job.demands), job.priority, job.idempotent, job.timeout_s,
                   job.cancel_grace_s, job.created, job.created_by, job.state, job.reason, job.with_issues, job.summary,
                   job.started, job.ended, Reference{job.current_attempt_row}, job.attempts, job.automatic_retries,
                   job.cancel_requested, job.resolved_by, job.resolved_reason, job.held_by_restore),
        row));
    TRY(must_succeed(db.execute("INSERT INTO job_spec (job_row, spec) VALUES ($1, $2)", row, job.spec)));
    for (const core::JobArtifact& artifact : artifacts)
        TRY(must_succeed(
            db.execute("INSERT INTO job_artifact (job_row, alias, name, version, sha256, bytes)"
                       " VALUES ($1, $2, $3, $4, $5, $6)",
                       row, artifact.alias, artifact.name, artifact.version, artifact.sha256, artifact.bytes)));
    job.row = row;
    return {};
}

Result<> update(Connection& db, const core::Job& job) {
    return must_change_one(
        db.execute("UPDATE job SET state = $2, reason = $3, with_issues = $4, summary = $5, started = $6, ended = $7,"
                   " current_attempt_row = $8, attempts = $9, automatic_retries = $10, cancel_requested = $11,"
                   " resolved_by = $12, resolved_reason = $13, held_by_restore = $14,"
                   " agent_row = (SELECT agent_row FROM attempt WHERE attempt.row = $8) WHERE row = $1",
                   job.row, job.state, job.reason, job.with_issues, job.summary, job.started, job.ended,
                   Reference{job.current_attempt_row}, job.attempts, job.automatic_retries, job.cancel_requested,
                   job.resolved_by, job.resolved_reason, job.held_by_restore),
        "job");
}

}  // namespace slipway::store::sqlite
