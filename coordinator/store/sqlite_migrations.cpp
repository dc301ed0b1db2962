#include "coordinator/store/sqlite_migrations.h"

#include "coordinator/store/sqlite_rows.h"
#include "platform/base/crash_point.h"

namespace slipway::store::sqlite {

namespace {

Result<std::int64_t> read_number(const Query& query) { return query.integer(0); }

Result<std::size_t> applied_count(Connection& writer) {
    TRY_ASSIGN(const auto last,
               one_row(writer.query("SELECT id FROM schema_migration ORDER BY id DESC LIMIT 1"), &read_number));
    return static_cast<std::size_t>(last.value_or(0));
}

Result<> refuse_foreign_tables(Connection& writer) {
    TRY_ASSIGN(const auto table, one_row(writer.query("SELECT 1 FROM sqlite_master WHERE name <> 'schema_migration'"
                                                      " LIMIT 1"),
                                         &read_number));
    if (!table) return {};
    return fail(Code::unsupported, "the file is a database of another program; name another path");
}

Result<> apply(Connection& writer, std::span<const Migration> migrations, Time now) {
    TRY(
        writer.run_script("CREATE TABLE IF NOT EXISTS schema_migration ("
                          "id INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"));
    TRY_ASSIGN(const std::size_t applied, applied_count(writer));
    if (applied > migrations.size())
        return fail(Code::unsupported,
                    "the database has schema " + std::to_string(applied) + ", this program knows " +
                        std::to_string(migrations.size()) +
                        "; start the newer program that wrote it, or restore the backup from before the upgrade",
                    "schema_newer");
    if (applied == 0) TRY(refuse_foreign_tables(writer));
    for (std::size_t number = applied; number < migrations.size(); ++number) {
        const Migration& migration = migrations[number];
        TRY_WITHIN("migration " + std::string(migration.name), writer.run_script(std::string(migration.sql)));
        TRY(writer.execute("INSERT INTO schema_migration (id, name, applied_at) VALUES ($1, $2, $3)", number + 1,
                           migration.name, now));
    }
    return {};
}

}  // namespace

Result<> migrate(Connection& writer, std::span<const Migration> migrations, Time now) {
    TRY(writer.execute("BEGIN IMMEDIATE"));
    Result<> applied = apply(writer, migrations, now);
    CRASH_POINT("store.migrate_before");
    if (applied) {
        if (auto committed = writer.execute("COMMIT"); !committed) applied = fail(std::move(committed).error());
    }
    if (writer.in_transaction()) static_cast<void>(writer.execute("ROLLBACK"));
    CRASH_POINT("store.migrate_after");
    return applied;
}

}  // namespace slipway::store::sqlite
