#include "coordinator/core/demand.h"

#include <algorithm>

#include "platform/base/bytes.h"

namespace slipway::core {
namespace {

constexpr std::size_t demand_bytes_max = 256;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool is_capability_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-' || c == '+';
    });
}

}  // namespace

Result<Demand> parse_demand(std::string_view text) {
    const auto bad = [&] {
        return fail(Code::invalid, "the demand \"" + printable(text, 80) +
                                       "\" is none of: NAME, NAME exists, NAME -equals VALUE (NAME of letters, "
                                       "digits and . _ - +, at most 64)");
    };
    if (text.size() > demand_bytes_max) return bad();
    const std::string_view all = trimmed(text);
    const std::size_t space = all.find(' ');
    const std::string_view name = all.substr(0, space);
    const std::string_view rest = space == std::string_view::npos ? "" : trimmed(all.substr(space));
    if (!is_capability_name(name)) return bad();
    if (rest.empty() || rest == "exists") return Demand{std::string(name), std::nullopt};
    constexpr std::string_view equals = "-equals ";
    if (!rest.starts_with(equals)) return bad();
    const std::string_view value = trimmed(rest.substr(equals.size()));
    if (value.empty()) return bad();
    return Demand{std::string(name), std::string(value)};
}

std::string format_demand(const Demand& demand) {
    return demand.equals ? demand.name + " -equals " + *demand.equals : demand.name;
}

bool fits(const Capabilities& capabilities, const Demands& demands) {
    return std::ranges::all_of(demands, [&](const Demand& demand) {
        const auto found = capabilities.find(demand.name);
        return found != capabilities.end() && (!demand.equals || *demand.equals == found->second);
    });
}

}  // namespace slipway::core
