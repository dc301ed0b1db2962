#include "coordinator/http/range.h"

#include <algorithm>
#include <limits>

namespace slipway::http {
namespace {

constexpr RangeVerdict unsatisfiable{RangeVerdict::Kind::unsatisfiable, {}};

/// Digits alone; a number that does not fit is the largest one.
std::optional<std::uint64_t> saturated(std::string_view digits) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (digits.empty()) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        number = number > (most - digit) / 10 ? most : number * 10 + digit;
    }
    return number;
}

RangeVerdict part(std::uint64_t first, std::uint64_t length) { return {RangeVerdict::Kind::part, {first, length}}; }

}  // namespace

RangeVerdict judge_range(std::optional<std::string_view> header, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (!header || !header->starts_with(unit)) return {};
    const std::string_view text = header->substr(unit.size());
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return unsatisfiable;
    const std::string_view before = text.substr(0, dash);
    const std::string_view after = text.substr(dash + 1);

    if (before.empty()) {
        const auto suffix = saturated(after);
        if (!suffix || *suffix == 0 || size == 0) return unsatisfiable;
        const std::uint64_t length = std::min(*suffix, size);
        return part(size - length, length);
    }
    const auto first = saturated(before);
    if (!first || *first >= size) return unsatisfiable;
    if (after.empty()) return part(*first, size - *first);
    const auto last = saturated(after);
    if (!last || *last < *first) return unsatisfiable;
    return part(*first, std::min(*last, size - 1) - *first + 1);
}

std::string content_range(const RangeVerdict& verdict, std::uint64_t size) {
    const std::string total = std::to_string(size);
    if (verdict.kind == RangeVerdict::Kind::unsatisfiable) return "bytes */" + total;
    const ByteRange& range = verdict.range;
    return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.first + range.length - 1) + "/" + total;
}

}  // namespace slipway::http
