#include "coordinator/store/sqlite_error.h"

#include <cerrno>
#include <string>

#include <sqlite3.h>

namespace slipway::store::sqlite {

namespace {

Error constraint(int extended, std::string message) {
    switch (extended) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID: return {Code::conflict, std::move(message), "name_taken"};
        case SQLITE_CONSTRAINT_FOREIGNKEY: return {Code::conflict, std::move(message), "in_use"};
        default: return {Code::internal, std::move(message)};
    }
}

}  // namespace

Error error_of(sqlite3* database, int result_code, std::string_view doing) {
    const int extended = database != nullptr ? sqlite3_extended_errcode(database) : result_code;
    const int os_error = database != nullptr ? sqlite3_system_errno(database) : 0;
    std::string message(doing);
    message += ": ";
    message += database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result_code);
    switch (result_code & 0xff) {
        case SQLITE_FULL: return {Code::disk_full, message + "; make room on the disk of the state directory"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Code::corrupt, message + "; stop the coordinator, keep a copy of the file, restore a backup"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return {Code::unavailable, message + "; another process uses the database"};
        case SQLITE_NOMEM: return {Code::unavailable, std::move(message)};
        case SQLITE_TOOBIG: return {Code::limit, std::move(message)};
        case SQLITE_CONSTRAINT: return constraint(extended, std::move(message));
        case SQLITE_IOERR:
            if (os_error == ENOSPC || os_error == EDQUOT)
                return {Code::disk_full, message + "; make room on the disk of the state directory"};
            return {Code::io, std::move(message)};
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY: return {Code::io, std::move(message)};
        default: return {Code::internal, std::move(message)};
    }
}

}  // namespace slipway::store::sqlite
