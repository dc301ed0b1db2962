#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "coordinator/store/sqlite_query.h"
#include "platform/base/result.h"

struct sqlite3;

namespace slipway::store::sqlite {

enum class Mode {
    write,  ///< makes the file if it is missing; the only connection that writes and checkpoints
    read,   ///< cannot write, never checkpoints
};

/// One connection, of one thread at a time. Statements are prepared once per text and kept.
class Connection {
public:
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Several statements without parameters; stops at the first that fails.
    Result<> run_script(const std::string& sql);

    /// Runs a statement to its end; $1 is the first argument. Returns how many rows it changed.
    template <typename... Args>
    Result<std::int64_t> execute(std::string_view sql, const Args&... args) {
        TRY_ASSIGN(Query query, prepare(sql));
        query.bind_all(Keep::lent, args...);
        TRY(query.run());
        return changes();
    }

    /// A statement whose rows are read with next(). One of a text at a time.
    template <typename... Args>
    Result<Query> query(std::string_view sql, const Args&... args) {
        TRY_ASSIGN(Query query, prepare(sql));
        query.bind_all(Keep::copied, args...);
        return query;
    }
    Result<Query> prepare(std::string_view sql);  ///< binds nothing

    std::int64_t last_row() const;
    bool in_transaction() const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    Connection() = default;
    Result<> configure(Mode mode);
    std::int64_t changes() const;

    sqlite3* database_ = nullptr;
    std::string path_;
    std::unordered_map<std::string, std::unique_ptr<Prepared>, Hash, std::equal_to<>> statements_;
};

}  // namespace slipway::store::sqlite
