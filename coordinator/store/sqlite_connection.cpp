#include "coordinator/store/sqlite_connection.h"

#include <cstdlib>

#include <sqlite3.h>

#include "coordinator/store/sqlite_error.h"

namespace slipway::store::sqlite {

namespace {

// Only ever met while another process looks at the file: readers and the writer do not wait for each other in WAL mode.
constexpr int busy_timeout_ms = 5000;

// 16 MiB of log between checkpoints: each syncs twice, within a commit, and writes a page that changed often only once.
// After kill -9 the log is read again at about 3 GB/s. A log that a long reader let grow is cut back afterwards.
const char* const writer_settings = R"(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -65536;
    PRAGMA secure_delete = ON;
)";

// A second connection that writes or checkpoints can corrupt the log of SQLite before 3.51.3.
const char* const reader_settings = R"(
    PRAGMA query_only = ON;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -8192;
)";

const char* const common_settings = R"(
    PRAGMA mmap_size = 0;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA temp_store = MEMORY;
)";

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode) {
    auto connection = std::unique_ptr<Connection>(new Connection);
    connection->path_ = path;
    const int access = mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    if (const int result = sqlite3_open_v2(path.c_str(), &connection->database_, flags, nullptr); result != SQLITE_OK)
        return fail(error_of(connection->database_, result, "opening database " + path));
    if (auto configured = connection->configure(mode); !configured)
        return fail(std::move(configured).error().within("opening database " + path));
    return connection;
}

Connection::~Connection() {
    statements_.clear();
    sqlite3_close_v2(database_);
}

Result<> Connection::configure(Mode mode) {
    sqlite3_busy_timeout(database_, busy_timeout_ms);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    if (mode == Mode::read) sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    TRY(run_script(common_settings));
    if (mode == Mode::read) return run_script(reader_settings);
    TRY(run_script(writer_settings));
    TRY_ASSIGN(Query journal, query("PRAGMA journal_mode"));
    TRY(journal.next());
    if (journal.text(0) == "wal") return {};
    return fail(Code::unsupported,
                "this file system cannot hold a database with a write-ahead log (no shared memory);"
                " put the state directory on a local disk");
}

Result<> Connection::run_script(const std::string& sql) {
    const int result = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return fail(error_of(database_, result, "database"));
    return {};
}

Result<Query> Connection::prepare(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return Query(*found->second);
    auto prepared = std::make_unique<Prepared>();
    prepared->database = database_;
    const int result = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared->statement, nullptr);
    if (result != SQLITE_OK) return fail(error_of(database_, result, "database"));
    for (int place = 1; place <= sqlite3_bind_parameter_count(prepared->statement); ++place) {
        const char* name = sqlite3_bind_parameter_name(prepared->statement, place);
        const std::size_t number = std::strtoul(name + 1, nullptr, 10);
        if (prepared->places.size() < number) prepared->places.resize(number);
        prepared->places[number - 1] = place;
    }
    Prepared& kept = *prepared;
    statements_.emplace(std::string(sql), std::move(prepared));
    return Query(kept);
}

std::int64_t Connection::last_row() const { return sqlite3_last_insert_rowid(database_); }

std::int64_t Connection::changes() const { return sqlite3_changes64(database_); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

}  // namespace slipway::store::sqlite
