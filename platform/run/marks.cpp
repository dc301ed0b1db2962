#include "platform/run/marks.h"

#include <charconv>

namespace slipway::run {

std::string encode(const wire::Mark& mark) {
    return std::to_string(mark.offset) + " " + std::to_string(mark.ms) + "\n";
}

std::optional<wire::Mark> parse_mark(std::string_view line) {
    wire::Mark mark;
    const char* const end = line.data() + line.size();
    const auto [blank, error] = std::from_chars(line.data(), end, mark.offset);
    if (error != std::errc() || blank == end || *blank != ' ') return std::nullopt;
    const auto [last, second_error] = std::from_chars(blank + 1, end, mark.ms);
    if (second_error != std::errc() || last != end || mark.offset < 0 || mark.ms < 0) return std::nullopt;
    return mark;
}

}  // namespace slipway::run
