#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "coordinator/store/sqlite_query.h"
#include "coordinator/store/values.h"

namespace slipway::store::sqlite {

/// Reads the columns of a row from left to right into variables; NULL leaves a variable that is not optional as it is.
class Columns {
public:
    explicit Columns(const Query& query) : query_(query) {}

    template <typename... T>
    Columns& read(T&... to) {
        (take(to), ...);
        return *this;
    }

    /// Code::corrupt if a text was not one that this program writes.
    Result<> finish(std::string_view table) const {
        if (bad_column_ < 0) return {};
        return fail(Code::corrupt, "table " + std::string(table) + ": column " + std::to_string(bad_column_) +
                                       " of a row holds a value that this program does not write");
    }

private:
    template <typename T>
    void take(T& to) {
        const int column = next_++;
        if (!query_.is_null(column)) fill(column, to);
    }
    template <typename T>
    void fill(int column, T& to) {
        if constexpr (std::is_same_v<T, Time>) {
            to.us = query_.integer(column);
        } else if constexpr (std::is_same_v<T, bool>) {
            to = query_.integer(column) != 0;
        } else if constexpr (std::is_integral_v<T>) {
            to = static_cast<T>(query_.integer(column));
        } else if constexpr (std::is_same_v<T, std::string>) {
            to = query_.text(column);
        } else if (!decode(query_.text(column), to) && bad_column_ < 0) {
            bad_column_ = column;
        }
    }
    template <typename T>
    void fill(int column, std::optional<T>& to) {
        fill(column, to.emplace());
    }

    const Query& query_;
    int next_ = 0;
    int bad_column_ = -1;
};

/// All rows of a query, or the only one; `read(Query&)` makes a Result<Item> of the row that the query stands on.
template <typename Item>
Result<std::vector<Item>> all_rows(Result<Query> query, Result<Item> (*read)(const Query&)) {
    if (!query) return fail(std::move(query).error());
    std::vector<Item> items;
    for (;;) {
        TRY_ASSIGN(const bool row, query->next());
        if (!row) return items;
        TRY_ASSIGN(Item item, read(*query));
        items.push_back(std::move(item));
    }
}

inline Result<std::string> read_text(const Query& query) { return std::string(query.text(0)); }

inline Result<bool> any_row(Result<Query> query) {
    if (!query) return fail(std::move(query).error());
    return query->next();
}

template <typename Item>
Result<std::optional<Item>> one_row(Result<Query> query, Result<Item> (*read)(const Query&)) {
    if (!query) return fail(std::move(query).error());
    TRY_ASSIGN(const bool row, query->next());
    if (!row) return std::nullopt;
    TRY_ASSIGN(Item item, read(*query));
    return std::optional<Item>(std::move(item));
}

}  // namespace slipway::store::sqlite
