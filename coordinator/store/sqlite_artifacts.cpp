#include "coordinator/store/sqlite_rows.h"

namespace slipway::store::sqlite {

namespace {

#define ARTIFACT_COLUMNS "SELECT row, id, name, version, sha256, bytes, created, created_by FROM artifact "
#define UPLOAD_COLUMNS "SELECT row, id, created_by, created, touched FROM upload "

Result<core::Artifact> read_artifact(const Query& query) {
    core::Artifact artifact;
    Columns columns(query);
    columns.read(artifact.row, artifact.id, artifact.name, artifact.version, artifact.sha256, artifact.bytes,
                 artifact.created, artifact.created_by);
    TRY(columns.finish("artifact"));
    return artifact;
}

Result<core::Upload> read_upload(const Query& query) {
    core::Upload upload;
    Columns columns(query);
    columns.read(upload.row, upload.id, upload.created_by, upload.created, upload.touched);
    TRY(columns.finish("upload"));
    return upload;
}

}  // namespace

Result<std::optional<core::Artifact>> artifact(Connection& db, std::string_view name, std::string_view version) {
    return one_row(db.query(ARTIFACT_COLUMNS "WHERE name = $1 AND version = $2", name, version), &read_artifact);
}

Result<std::optional<core::Artifact>> artifact_by_id(Connection& db, std::string_view id) {
    return one_row(db.query(ARTIFACT_COLUMNS "WHERE id = $1", id), &read_artifact);
}

Result<std::vector<core::Artifact>> artifacts(Connection& db, std::string_view name, const Page& page) {
    if (name.empty())
        return all_rows(
            db.query(ARTIFACT_COLUMNS "WHERE row < $1 ORDER BY row DESC LIMIT $2", before(page), page.limit),
            &read_artifact);
    return all_rows(db.query(ARTIFACT_COLUMNS "WHERE name = $3 AND row < $1 ORDER BY row DESC LIMIT $2", before(page),
                             page.limit, name),
                    &read_artifact);
}

// By way of the unfinished jobs, which are few: an index over the artifacts of all jobs would cost every insertion.
Result<bool> artifact_is_needed(Connection& db, std::string_view name, std::string_view version) {
    return any_row(
        db.query("SELECT 1 FROM job JOIN job_artifact ON job_artifact.job_row = job.row"
                 " WHERE job.state IN ('queued', 'leased', 'running', 'canceling', 'unknown')"
                 " AND job_artifact.name = $1 AND job_artifact.version = $2 LIMIT 1",
                 name, version));
}

Result<bool> blob_is_used(Connection& db, std::string_view sha256) {
    TRY_ASSIGN(const bool artifact, any_row(db.query("SELECT 1 FROM artifact WHERE sha256 = $1 LIMIT 1", sha256)));
    if (artifact) return true;
    return any_row(
        db.query("SELECT 1 FROM job JOIN job_artifact ON job_artifact.job_row = job.row"
                 " WHERE job.state IN ('queued', 'leased', 'running', 'canceling', 'unknown')"
                 " AND job_artifact.sha256 = $1 LIMIT 1",
                 sha256));
}

Result<bool> agent_may_fetch(Connection& db, std::int64_t agent_row, std::string_view sha256) {
    return any_row(
        db.query("SELECT 1 FROM attempt JOIN job_artifact ON job_artifact.job_row = attempt.job_row"
                 " WHERE attempt.agent_row = $1"
                 " AND attempt.state IN ('leased', 'received', 'running', 'canceling', 'unknown')"
                 " AND job_artifact.sha256 = $2 LIMIT 1",
                 agent_row, sha256));
}

Result<> insert(Connection& db, core::Artifact& artifact) {
    return set_row(db,
                   db.execute("INSERT INTO artifact (id, name, version, sha256, bytes, created, created_by)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                              artifact.id, artifact.name, artifact.version, artifact.sha256, artifact.bytes,
                              artifact.created, artifact.created_by),
                   artifact.row);
}

Result<> remove(Connection& db, const core::Artifact& artifact) {
    return must_change_one(db.execute("DELETE FROM artifact WHERE row = $1", artifact.row), "artifact");
}

Result<std::optional<core::Upload>> upload(Connection& db, std::string_view id) {
    return one_row(db.query(UPLOAD_COLUMNS "WHERE id = $1", id), &read_upload);
}

Result<std::vector<core::Upload>> uploads_untouched_since(Connection& db, Time time) {
    return all_rows(db.query(UPLOAD_COLUMNS "WHERE touched < $1 ORDER BY row", time), &read_upload);
}

Result<> insert(Connection& db, core::Upload& upload) {
    return set_row(db,
                   db.execute("INSERT INTO upload (id, created_by, created, touched) VALUES ($1, $2, $3, $4)",
                              upload.id, upload.created_by, upload.created, upload.touched),
                   upload.row);
}

Result<> update(Connection& db, const core::Upload& upload) {
    return must_change_one(db.execute("UPDATE upload SET touched = $2 WHERE row = $1", upload.row, upload.touched),
                           "upload");
}

Result<> remove(Connection& db, const core::Upload& upload) {
    return must_change_one(db.execute("DELETE FROM upload WHERE row = $1", upload.row), "upload");
}

}  // namespace slipway::store::sqlite
