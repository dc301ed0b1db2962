#pragma once

#include <span>
#include <string_view>

#include "coordinator/store/sqlite_connection.h"
#include "platform/base/time.h"

namespace slipway::store::sqlite {

/// A file of migrations/, compiled in. Numbers are consecutive from 1 and never change once released.
struct Migration {
    std::string_view name;  ///< "0001_first"
    std::string_view sql;
};

std::span<const Migration> migrations();

/// Applies what is missing in one transaction and writes it down in schema_migration.
Result<> migrate(Connection& writer, std::span<const Migration> migrations, Time now);

}  // namespace slipway::store::sqlite
