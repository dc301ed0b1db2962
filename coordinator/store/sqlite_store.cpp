#include "coordinator/store/sqlite_store.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "coordinator/store/sqlite_migrations.h"
#include "coordinator/store/sqlite_rows.h"
#include "coordinator/store/sqlite_transaction.h"

namespace slipway::store {

namespace {

using namespace sqlite;

constexpr std::uintmax_t quick_check_bytes_max = 64 * 1024 * 1024;

/// Read-only connections, opened when first needed and handed from thread to thread.
class ReaderPool {
public:
    explicit ReaderPool(const SqliteOptions& options) : options_(options) {}

    Result<std::unique_ptr<Connection>> take() {
        std::unique_lock lock(mutex_);
        if (!returned_.wait_for(lock, options_.reader_wait_max,
                                [&] { return !free_.empty() || out_ < options_.readers_max; }))
            return fail(Code::unavailable, "all " + std::to_string(options_.readers_max) +
                                               " readers of the database are in use; try again");
        ++out_;
        if (!free_.empty()) {
            auto connection = std::move(free_.back());
            free_.pop_back();
            return connection;
        }
        lock.unlock();
        auto opened = Connection::open(options_.path, Mode::read);
        if (!opened) give_back(nullptr);
        return opened;
    }

    void give_back(std::unique_ptr<Connection> connection) {
        {
            const std::lock_guard lock(mutex_);
            --out_;
            if (connection) free_.push_back(std::move(connection));
        }
        returned_.notify_one();
    }

private:
    const SqliteOptions& options_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> free_;
    std::size_t out_ = 0;
};

class SqliteReader : public ReaderOn<Reader> {
public:
    SqliteReader(ReaderPool& pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~SqliteReader() override {
        static_cast<void>(connection_->execute("ROLLBACK"));
        // One that cannot end its view would pin the log for ever.
        pool_.give_back(connection_->in_transaction() ? nullptr : std::move(connection_));
    }

    /// BEGIN alone takes no snapshot; the first read does.
    Result<> begin() {
        TRY(connection_->execute("BEGIN"));
        TRY(connection_->execute("SELECT 1 FROM schema_migration LIMIT 1"));
        return {};
    }

private:
    Connection& db() override { return *connection_; }

    ReaderPool& pool_;
    std::unique_ptr<Connection> connection_;
};

class SqliteStore : public Store {
public:
    SqliteStore(SqliteOptions options, std::unique_ptr<Connection> writer)
        : options_(std::move(options)), writer_(std::move(writer)), readers_(options_) {}

    Result<std::unique_ptr<Transaction>> begin() override { return SqliteTransaction::begin(*writer_, cache_); }

    Result<std::unique_ptr<Reader>> read() override {
        TRY_ASSIGN(auto connection, readers_.take());
        auto reader = std::make_unique<SqliteReader>(readers_, std::move(connection));
        TRY_WITHIN("reading the database", reader->begin());
        return reader;
    }

private:
    SqliteOptions options_;
    RowCache cache_;
    std::unique_ptr<Connection> writer_;  // outlives the readers: the last to close clears the log away
    ReaderPool readers_;
};

Result<> quick_check(Connection& writer) {
    TRY_ASSIGN(const auto lines, all_rows(writer.query("PRAGMA quick_check(1)"), &read_text));
    if (lines.size() == 1 && lines.front() == "ok") return {};
    return fail(Code::corrupt, "the database is damaged: " + (lines.empty() ? std::string() : lines.front()) +
                                   "; keep a copy of the file, restore a backup");
}

std::uintmax_t size_or_zero(const std::string& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    return error ? 0 : size;
}

Result<std::unique_ptr<Connection>> open_writer(const SqliteOptions& options, bool check) {
    TRY_ASSIGN(auto writer, Connection::open(options.path, Mode::write));
    if (options.database_pages_max > 0)
        TRY(writer->run_script("PRAGMA max_page_count = " + std::to_string(options.database_pages_max)));
    if (check) TRY(quick_check(*writer));
    TRY(migrate(*writer, migrations(), options.now));
    return writer;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options) {
    // A clean end leaves no log behind.
    const bool unclean = size_or_zero(options.path + "-wal") > 0;
    const bool check = unclean && size_or_zero(options.path) < quick_check_bytes_max;
    auto writer = open_writer(options, check);
    if (!writer) return fail(std::move(writer).error().within("database " + options.path));
    return std::make_unique<SqliteStore>(options, std::move(*writer));
}

}  // namespace slipway::store
