#include "platform/yaml/scalar.h"

#include <charconv>
#include <cmath>
#include <string>

namespace slipway::yaml {
namespace {

/// The number, if its one JSON spelling is `text`.
template <typename T>
bool is_number(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && json::Value(value).dump() == text;
}

}  // namespace

json::Value plain_scalar(std::string_view text) {
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
    if (const char first = text.front(); first == '-' || (first >= '0' && first <= '9')) {
        std::int64_t integer = 0;
        std::uint64_t positive = 0;
        double real = 0;
        // from_chars for unsigned values takes no sign, for signed ones no more than 63 bits.
        if (is_number(text, positive)) return positive;
        if (is_number(text, integer)) return integer;
        if (is_number(text, real) && std::isfinite(real)) return real;
    }
    return std::string(text);
}

}  // namespace slipway::yaml
