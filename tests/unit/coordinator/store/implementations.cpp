#include "coordinator/store/memory_store.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/suites/store_suite.h"
#include "tests/unit/coordinator/store/temporary_folder.h"

namespace slipway::store::suite {

namespace {

/// A SQLite store and the folder that goes with it.
class SqliteInFolder : public Store {
public:
    SqliteInFolder() : store_(must(open_sqlite({.path = folder_.file("slipway.db"), .now = {1}}))) {}

    Result<std::unique_ptr<Transaction>> begin() override { return store_->begin(); }
    Result<std::unique_ptr<Reader>> read() override { return store_->read(); }

private:
    TemporaryFolder folder_;
    std::unique_ptr<Store> store_;
};

}  // namespace

const std::vector<Implementation>& implementations() {
    static const std::vector<Implementation> list = {
        {"memory", [] { return make_memory_store(); }},
        {"sqlite", [] { return std::make_unique<SqliteInFolder>(); }},
    };
    return list;
}

}  // namespace slipway::store::suite
