#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/http/request.h"
#include "coordinator/store/store.h"

namespace slipway::api {

/// Where a list goes on. The text that clients hold is opaque and authenticated: one that was changed, or belongs to
/// another list, is refused.
class Cursors {
public:
    explicit Cursors(std::string secret) : secret_(std::move(secret)) {}

    std::string text(std::string_view list, std::int64_t row) const;
    Result<std::int64_t> row(std::string_view list, std::string_view text) const;

    /// `limit` and `cursor` of a request; one more than the limit is asked for, to know whether there is a next page.
    Result<store::Page> page(const http::Request& request, std::string_view list) const;

    /// Takes the one item too many away; the cursor of the next page, empty if this was the last.
    template <typename Rows>
    std::string cut(Rows& rows, const store::Page& page, std::string_view list) const {
        if (rows.size() < page.limit) return {};
        rows.pop_back();
        return text(list, key_of(rows.back()));
    }

private:
    template <typename Row>
    static std::int64_t key_of(const Row& row) {
        if constexpr (requires { row.row; })
            return row.row;
        else
            return row.seq;
    }

    std::string secret_;
};

}  // namespace slipway::api
