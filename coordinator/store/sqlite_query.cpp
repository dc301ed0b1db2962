#include "coordinator/store/sqlite_query.h"

#include <utility>

#include <sqlite3.h>

#include "coordinator/store/sqlite_error.h"
#include "platform/base/assert.h"

namespace slipway::store::sqlite {

namespace {

// What SQLITE_TRANSIENT and SQLITE_STATIC stand for, without the C casts of the macros.
sqlite3_destructor_type lifetime(Keep keep) {
    return keep == Keep::lent ? nullptr : reinterpret_cast<sqlite3_destructor_type>(static_cast<std::intptr_t>(-1));
}

// A null pointer would bind NULL instead of an empty text.
const char* data_of(std::string_view value) { return value.data() != nullptr ? value.data() : ""; }

}  // namespace

Prepared::~Prepared() { sqlite3_finalize(statement); }

Query::Query(Prepared& prepared) : prepared_(&prepared) {
    ASSERT(!prepared.busy);
    prepared.busy = true;
}

Query::Query(Query&& other) noexcept : prepared_(std::exchange(other.prepared_, nullptr)) {}

Query& Query::operator=(Query&& other) noexcept {
    if (this != &other) {
        release();
        prepared_ = std::exchange(other.prepared_, nullptr);
    }
    return *this;
}

Query::~Query() { release(); }

void Query::release() {
    if (prepared_ == nullptr) return;
    sqlite3_reset(prepared_->statement);
    sqlite3_clear_bindings(prepared_->statement);
    prepared_->busy = false;
    prepared_ = nullptr;
}

int Query::place(int number) const {
    ASSERT(number >= 1 && static_cast<std::size_t>(number) <= prepared_->places.size());
    const int place = prepared_->places[static_cast<std::size_t>(number) - 1];
    ASSERT(place != 0);
    return place;
}

void Query::bind_null(int number) { ASSERT(sqlite3_bind_null(prepared_->statement, place(number)) == SQLITE_OK); }

void Query::bind_integer(int number, std::int64_t value) {
    ASSERT(sqlite3_bind_int64(prepared_->statement, place(number), value) == SQLITE_OK);
}

// A value that SQLite cannot take (longer than 1 GB) stays NULL, and the column's NOT NULL refuses the statement.
void Query::bind_text(int number, std::string_view value, Keep keep) {
    sqlite3_bind_text64(prepared_->statement, place(number), data_of(value), value.size(), lifetime(keep), SQLITE_UTF8);
}

void Query::bind_blob(int number, std::string_view value, Keep keep) {
    sqlite3_bind_blob64(prepared_->statement, place(number), data_of(value), value.size(), lifetime(keep));
}

Result<bool> Query::next() {
    const int result = sqlite3_step(prepared_->statement);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return fail(error_of(prepared_->database, result, "database"));
}

Result<> Query::run() {
    for (;;) {
        TRY_ASSIGN(const bool row, next());
        if (!row) return {};
    }
}

bool Query::is_null(int column) const { return sqlite3_column_type(prepared_->statement, column) == SQLITE_NULL; }

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(prepared_->statement, column); }

std::string_view Query::text(int column) const {
    // The pointer first: the length is that of the form which was asked for last.
    const void* data = sqlite3_column_blob(prepared_->statement, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared_->statement, column));
    return data != nullptr ? std::string_view(static_cast<const char*>(data), size) : std::string_view();
}

}  // namespace slipway::store::sqlite
