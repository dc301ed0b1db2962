#pragma once

#include <string_view>

#include "platform/base/result.h"

struct sqlite3;

namespace slipway::store::sqlite {

/// What a result code of SQLite means to callers: disk_full, corrupt (also: not a database), unavailable (locked, out
/// of memory), conflict ("name_taken", "in_use"), limit (longer than SQLite holds), io, and internal for all that is
/// a defect of ours. `doing` begins the message. `database` may be null.
Error error_of(sqlite3* database, int result_code, std::string_view doing);

}  // namespace slipway::store::sqlite
