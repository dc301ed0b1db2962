-- Types are INTEGER, TEXT and BLOB only; times are microseconds since 1970 UTC, booleans 0 or 1, states the words of
-- platform/base/states.h, sets and maps JSON. `row` is the key inside the program, `id` what leaves it.
-- Only what can be deleted needs AUTOINCREMENT, so that its row number never names something else later.

CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pool (
    row INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    deleted INTEGER
) STRICT;
CREATE UNIQUE INDEX pool_live_name ON pool (name) WHERE deleted IS NULL;

CREATE TABLE agent (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    pool_row INTEGER NOT NULL REFERENCES pool (row),
    created INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    deleted INTEGER,
    instance TEXT NOT NULL,
    start_epoch INTEGER NOT NULL,
    instance_since INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    address TEXT NOT NULL,
    slots INTEGER NOT NULL,
    version TEXT NOT NULL,
    capabilities_sha256 TEXT NOT NULL,
    restore_epoch INTEGER NOT NULL,
    highest_fence INTEGER NOT NULL,
    pruned_fence INTEGER NOT NULL,
    last_contact INTEGER NOT NULL,
    last_used_fence INTEGER NOT NULL,
    conflict_instance TEXT,
    conflict_address TEXT,
    conflict_start_epoch INTEGER,
    conflict_seen INTEGER,
    rejected_instance TEXT NOT NULL,
    serial TEXT NOT NULL,
    next_serial TEXT NOT NULL,
    capabilities TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX agent_live_name ON agent (name) WHERE deleted IS NULL;
CREATE INDEX agent_pool ON agent (pool_row, row);

CREATE TABLE join_token (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    secret_sha256 TEXT NOT NULL,
    pool_row INTEGER NOT NULL REFERENCES pool (row),
    agent_name TEXT NOT NULL,
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER,
    used INTEGER,
    used_key_sha256 TEXT NOT NULL,
    agent_row INTEGER REFERENCES agent (row),
    certificate TEXT NOT NULL
) STRICT;

CREATE TABLE token (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER,
    last_used INTEGER
) STRICT;
CREATE UNIQUE INDEX token_live_name ON token (name) WHERE revoked IS NULL;

-- What a job does is large and written once: it lies in job_spec, so that the rows which change stay small and near
-- each other. `agent_row` is the agent of the current attempt.
CREATE TABLE job (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    pool_row INTEGER NOT NULL REFERENCES pool (row),
    demands TEXT NOT NULL,
    priority INTEGER NOT NULL,
    idempotent INTEGER NOT NULL,
    timeout_s INTEGER NOT NULL,
    cancel_grace_s INTEGER NOT NULL,
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    with_issues INTEGER NOT NULL,
    summary TEXT NOT NULL,
    started INTEGER,
    ended INTEGER,
    current_attempt_row INTEGER,
    agent_row INTEGER,
    attempts INTEGER NOT NULL,
    automatic_retries INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL,
    resolved_by TEXT NOT NULL,
    resolved_reason TEXT NOT NULL,
    held_by_restore INTEGER NOT NULL
) STRICT;
CREATE INDEX job_state ON job (state, row);
CREATE INDEX job_pool ON job (pool_row, row);
CREATE INDEX job_name ON job (name, row);
CREATE INDEX job_agent ON job (agent_row, row) WHERE agent_row IS NOT NULL;

CREATE TABLE job_spec (
    job_row INTEGER PRIMARY KEY REFERENCES job (row),
    spec TEXT NOT NULL
) STRICT;

CREATE TABLE job_artifact (
    job_row INTEGER NOT NULL REFERENCES job (row),
    alias TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (job_row, alias)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    job_row INTEGER NOT NULL REFERENCES job (row),
    agent_row INTEGER NOT NULL REFERENCES agent (row),
    fence INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    flags TEXT NOT NULL,
    leased INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    started INTEGER,
    ended INTEGER,
    acknowledged INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    handed_boot_id TEXT NOT NULL,
    listed_epoch INTEGER NOT NULL,
    outcome_stored INTEGER NOT NULL,
    summary TEXT NOT NULL,
    log_length INTEGER,
    log_sha256 TEXT NOT NULL,
    log_sealed INTEGER NOT NULL,
    log_asked_again INTEGER NOT NULL,
    event_seq INTEGER NOT NULL,
    outcome TEXT NOT NULL
) STRICT;
CREATE INDEX attempt_job ON attempt (job_row, fence);
CREATE INDEX attempt_open ON attempt (agent_row, fence)
    WHERE state IN ('leased', 'received', 'running', 'canceling', 'unknown');

CREATE TABLE order_document (
    attempt_row INTEGER PRIMARY KEY REFERENCES attempt (row),
    document BLOB NOT NULL
) STRICT;

CREATE TABLE attempt_task (
    attempt_row INTEGER NOT NULL REFERENCES attempt (row),
    task_index INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    exit_code INTEGER,
    log_begin INTEGER,
    log_end INTEGER,
    started INTEGER,
    ended INTEGER,
    PRIMARY KEY (attempt_row, task_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (name, version)
) STRICT;
CREATE INDEX artifact_name ON artifact (name, row);
CREATE INDEX artifact_sha256 ON artifact (sha256);

CREATE TABLE upload (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created INTEGER NOT NULL,
    touched INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
    token_row INTEGER NOT NULL,
    key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    created INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    location TEXT NOT NULL,
    PRIMARY KEY (token_row, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    result TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
