#include "coordinator/api/cursor.h"

#include <charconv>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/crypto/hmac.h"

namespace slipway::api {
namespace {

constexpr std::size_t mac_bytes = 12;

}  // namespace

std::string Cursors::text(std::string_view list, std::int64_t row) const {
    const std::string number = std::to_string(row);
    const std::string mac = crypto::hmac_sha256(secret_, std::string(list) + ":" + number).substr(0, mac_bytes);
    return to_base64url(mac + number);
}

Result<std::int64_t> Cursors::row(std::string_view list, std::string_view text_in) const {
    const auto bad = [] {
        return fail(Code::invalid, "the cursor is not one of this list: begin again without it", "invalid_cursor");
    };
    const auto raw = text_in.size() > 64 ? fail(Code::invalid, "") : from_base64url(text_in);
    if (!raw || raw->size() <= mac_bytes) return bad();
    std::int64_t number = 0;
    const char* end = raw->data() + raw->size();
    const auto [parsed, error] = std::from_chars(raw->data() + mac_bytes, end, number);
    if (error != std::errc{} || parsed != end || !equal_constant_time(text(list, number), text_in)) return bad();
    return number;
}

Result<store::Page> Cursors::page(const http::Request& request, std::string_view list) const {
    store::Page page;
    TRY_ASSIGN(const auto limit, request.query.number("limit", limits::list_items_max));
    if (limit == 0u) return fail(Code::invalid, "limit has to be 1 or more", "invalid_limit");
    page.limit = static_cast<std::size_t>(limit.value_or(limits::list_items_default)) + 1;
    if (const auto cursor = request.query.get("cursor")) {
        TRY_ASSIGN(page.before_row, row(list, *cursor));
    }
    return page;
}

}  // namespace slipway::api
