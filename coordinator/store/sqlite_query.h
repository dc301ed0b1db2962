#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace slipway::store::sqlite {

/// A number that refers to a row of another table; 0, nothing, is stored as NULL.
struct Reference {
    std::int64_t row = 0;
};
/// Bytes that need not be text.
struct Blob {
    std::string_view bytes;
};

/// Whether a bound text stays where it is until the statement has run.
enum class Keep { lent, copied };

/// A compiled statement and where its parameters $1, $2 ... are: SQLite numbers them by first appearance.
struct Prepared {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::vector<int> places;
    bool busy = false;

    Prepared() = default;
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared();
};

/// One run of a prepared statement; its end makes the statement free again.
class Query {
public:
    explicit Query(Prepared& prepared);
    Query(Query&& other) noexcept;
    Query& operator=(Query&& other) noexcept;
    ~Query();

    template <typename... Args>
    void bind_all([[maybe_unused]] Keep keep, const Args&... args) {
        int number = 0;
        (bind(++number, args, keep), ...);
    }
    /// Integers, bool, Time, text, Blob, Reference, enums that have to_string(), and std::optional of these.
    template <typename T>
    void bind(int number, const T& value, Keep keep = Keep::copied) {
        if constexpr (std::is_same_v<T, Time>) {
            bind_integer(number, value.us);
        } else if constexpr (std::is_same_v<T, Reference>) {
            value.row == 0 ? bind_null(number) : bind_integer(number, value.row);
        } else if constexpr (std::is_same_v<T, Blob>) {
            bind_blob(number, value.bytes, keep);
        } else if constexpr (std::is_integral_v<T>) {
            bind_integer(number, static_cast<std::int64_t>(value));
        } else if constexpr (std::is_enum_v<T>) {
            bind_text(number, to_string(value), keep);
        } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
            bind_text(number, value, keep);
        } else {
            value ? bind(number, *value, keep) : bind_null(number);
        }
    }

    /// True: there is a row to read. False: the end.
    Result<bool> next();
    /// To the end, whatever rows there are.
    Result<> run();

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;  ///< text or blob; valid until next()

private:
    void bind_null(int number);
    void bind_integer(int number, std::int64_t value);
    void bind_text(int number, std::string_view value, Keep keep);
    void bind_blob(int number, std::string_view value, Keep keep);
    int place(int number) const;
    void release();

    Prepared* prepared_;
};

}  // namespace slipway::store::sqlite
