#pragma once

#include <limits>

#include "coordinator/store/sqlite_columns.h"
#include "coordinator/store/sqlite_tables.h"

/// What the sqlite_*.cpp files of tables share.
namespace slipway::store::sqlite {

inline std::int64_t before(const Page& page) {
    return page.before_row.value_or(std::numeric_limits<std::int64_t>::max());
}

/// For updates and removals by key.
inline Result<> must_change_one(Result<std::int64_t> changed, std::string_view what) {
    if (!changed) return fail(std::move(changed).error());
    if (*changed == 1) return {};
    return fail(Code::not_found, "the " + std::string(what) + " is not in the database");
}

/// For insertions: the new row's number.
inline Result<> set_row(Connection& db, Result<std::int64_t> inserted, std::int64_t& row) {
    if (!inserted) return fail(std::move(inserted).error());
    row = db.last_row();
    return {};
}

/// For the second statement of an insertion: half of it is there, so no refusal may let the transaction go on.
inline Result<> must_succeed(Result<std::int64_t> executed) {
    if (executed) return {};
    Error error = std::move(executed).error();
    if (error.code == Code::conflict) error.code = Code::internal;
    return fail(std::move(error));
}

}  // namespace slipway::store::sqlite
