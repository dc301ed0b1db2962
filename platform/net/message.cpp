#include "platform/net/message.h"

#include <algorithm>

namespace slipway::net {
namespace {

constexpr std::size_t seconds_digits_max = 9;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
    for (const Header& header : all_)
        if (same_name(header.name, name)) return header.value;
    return std::nullopt;
}

std::optional<Duration> Headers::retry_after(Time now) const {
    const auto text = get("Retry-After");
    if (!text || text->empty()) return std::nullopt;
    if (std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '9'; })) {
        if (text->size() > seconds_digits_max) return std::nullopt;
        return std::chrono::seconds(std::stoll(std::string(*text)));
    }
    const auto moment = from_http_date(*text);
    if (!moment) return std::nullopt;
    return std::max(*moment - now, Duration{0});
}

std::optional<Time> Headers::date() const {
    const auto text = get("Date");
    if (!text) return std::nullopt;
    const auto moment = from_http_date(*text);
    return moment ? std::optional(*moment) : std::nullopt;
}

}  // namespace slipway::net
