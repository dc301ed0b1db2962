#include "platform/base/ids.h"

#include "platform/base/assert.h"
#include "platform/base/bytes.h"

namespace slipway {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::uint64_t Random::number() {
    std::array<unsigned char, 8> raw{};
    fill(raw);
    std::uint64_t value = 0;
    for (const unsigned char byte : raw) value = value << 8 | byte;
    return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
    ASSERT(bound > 0);
    const std::uint64_t unfair = (0 - bound) % bound;  // 2^64 mod bound: drawing below it would favour small results
    for (;;) {
        const std::uint64_t value = number();
        if (value >= unfair) return value % bound;
    }
}

std::string Random::bytes(std::size_t count) {
    std::string out(count, '\0');
    fill({reinterpret_cast<unsigned char*>(out.data()), out.size()});
    return out;
}

std::string make_uuid7(Time now, Random& random) {
    std::string raw = random.bytes(16);
    const auto ms = static_cast<std::uint64_t>(now.us / 1000);
    for (std::size_t i = 0; i < 6; ++i) raw[i] = static_cast<char>(ms >> (40 - 8 * i) & 255);
    raw[6] = static_cast<char>(0x70 | (raw[6] & 0x0F));
    raw[8] = static_cast<char>(0x80 | (raw[8] & 0x3F));
    std::string text = to_hex(raw);
    for (const std::size_t at : {20u, 16u, 12u, 8u}) text.insert(at, 1, '-');
    return text;
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !(is_digit(text[i]) || (text[i] >= 'a' && text[i] <= 'f'))) return false;
    }
    return true;
}

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > 64 || !(is_lower(text[0]) || is_digit(text[0]))) return false;
    for (const char c : text)
        if (!is_lower(c) && !is_digit(c) && c != '.' && c != '_' && c != '-') return false;
    return true;
}

bool is_version(std::string_view text) {
    if (text.empty() || text.size() > 64 || !(is_lower(text[0]) || is_upper(text[0]) || is_digit(text[0])))
        return false;
    for (const char c : text)
        if (!is_lower(c) && !is_upper(c) && !is_digit(c) && c != '.' && c != '_' && c != '+' && c != '-') return false;
    return true;
}

}  // namespace slipway
