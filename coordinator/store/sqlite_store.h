#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "coordinator/store/store.h"

namespace slipway::store {

struct SqliteOptions {
    std::string path;  ///< its folder exists; one process at a time, which the caller's lock file sees to
    Time now;          ///< stands beside the migrations that this start applies
    std::size_t readers_max = 4;
    Duration reader_wait_max = 5s;        ///< for read() when all readers are out; then Code::unavailable
    std::int64_t database_pages_max = 0;  ///< a quota, of 4 KiB pages; 0: the disk is the limit
};

/// Opens or makes the database and brings its schema up to date. Refuses a file that is not a database or is damaged
/// (Code::corrupt) and a schema newer than this program (Code::unsupported, reason "schema_newer"), unchanged.
/// After an unclean end a database of less than 64 MiB is read through for damage (0.1 s at most); a larger one is not:
/// it must serve again at once.
/// The store must outlive its transactions and readers.
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options);

}  // namespace slipway::store
