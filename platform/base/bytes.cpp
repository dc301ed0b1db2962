#include "platform/base/bytes.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace slipway {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view alphabet_plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view alphabet_url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Without padding.
std::string encode64(std::string_view bytes, std::string_view alphabet) {
    std::string out((bytes.size() * 4 + 2) / 3, '\0');
    char* to = out.data();
    std::size_t at = 0;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
    for (; at + 3 <= bytes.size(); at += 3, to += 4) {
        const std::uint32_t bits = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
        to[0] = alphabet[bits >> 18];
        to[1] = alphabet[bits >> 12 & 63];
        to[2] = alphabet[bits >> 6 & 63];
        to[3] = alphabet[bits & 63];
    }
    if (at == bytes.size()) return out;
    const bool two = at + 2 == bytes.size();
    const std::uint32_t bits = byte(at) << 16 | (two ? byte(at + 1) << 8 : 0);
    to[0] = alphabet[bits >> 18];
    to[1] = alphabet[bits >> 12 & 63];
    if (two) to[2] = alphabet[bits >> 6 & 63];
    return out;
}

constexpr std::array<signed char, 256> reverse_of(std::string_view alphabet) {
    std::array<signed char, 256> table{};
    for (auto& value : table) value = -1;
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    return table;
}

/// `text` without padding. Spare bits have to be zero, so that each value has one spelling.
Result<std::string> decode64(std::string_view text, const std::array<signed char, 256>& table) {
    if (text.size() % 4 == 1) return fail(Code::invalid, "base64 text has an impossible length");
    std::string out(text.size() * 3 / 4, '\0');
    std::size_t written = 0;
    std::uint32_t bits = 0;
    int count = 0;
    int all = 0;  // negative as soon as one character is not of the alphabet
    for (const char c : text) {
        const int value = table[static_cast<unsigned char>(c)];
        all |= value;
        bits = bits << 6 | (static_cast<unsigned>(value) & 63);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[written++] = static_cast<char>(bits >> count & 255);
        }
    }
    if (all < 0) return fail(Code::invalid, "base64 text holds a character that is not in its alphabet");
    if ((bits & ((1u << count) - 1)) != 0) return fail(Code::invalid, "base64 text has bits set past its end");
    return out;
}

constexpr std::array<std::uint32_t, 256> crc_table(std::uint32_t polynomial) {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
        table[i] = value;
    }
    return table;
}

std::uint32_t crc(std::string_view bytes, std::uint32_t seed, const std::array<std::uint32_t, 256>& table) {
    std::uint32_t value = ~seed;
    for (const char c : bytes) value = value >> 8 ^ table[(value ^ static_cast<unsigned char>(c)) & 255];
    return ~value;
}

/// Length of the UTF-8 sequence at the start of `text` (RFC 3629: no surrogates, no overlong forms), 0 if there is
/// none.
std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (!tail(1) || !tail(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;
        if (first == 0xED && byte(1) > 0x9F) return 0;
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (!tail(1) || !tail(2) || !tail(3)) return 0;
        if (first == 0xF0 && byte(1) < 0x90) return 0;
        if (first == 0xF4 && byte(1) > 0x8F) return 0;
        return 4;
    }
    return 0;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        out += hex_digits[static_cast<unsigned char>(c) >> 4];
        out += hex_digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return fail(Code::invalid, "hex text has an odd length");
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return fail(Code::invalid, "hex text holds a character that is not a hex digit");
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

std::string to_base64(std::string_view bytes) {
    std::string out = encode64(bytes, alphabet_plain);
    while (out.size() % 4 != 0) out += '=';
    return out;
}

Result<std::string> from_base64(std::string_view text) {
    static constexpr auto table = reverse_of(alphabet_plain);
    if (text.size() % 4 != 0) return fail(Code::invalid, "base64 text is not padded to a multiple of four");
    for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding) text.remove_suffix(1);
    return decode64(text, table);
}

std::string to_base64url(std::string_view bytes) { return encode64(bytes, alphabet_url); }

Result<std::string> from_base64url(std::string_view text) {
    static constexpr auto table = reverse_of(alphabet_url);
    return decode64(text, table);
}

bool is_digest(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of(hex_digits) == std::string_view::npos;
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t seed) {
    static constexpr auto table = crc_table(0xEDB88320u);
    return crc(bytes, seed, table);
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
    static constexpr auto table = crc_table(0x82F63B78u);
    return crc(bytes, seed, table);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
    return difference == 0;
}

// Almost all text is ASCII, which is passed over by eights.
bool is_utf8(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    while (!text.empty()) {
        for (std::uint64_t eight = 0; text.size() >= sizeof eight; text.remove_prefix(sizeof eight)) {
            std::memcpy(&eight, text.data(), sizeof eight);
            if ((eight & high_bits) != 0) break;
        }
        if (text.empty()) return true;
        const std::size_t length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        if (out.size() >= limit) return out += "...";
        const std::size_t length = utf8_sequence(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0 || first < 0x20 || first == 0x7F || first == '"' || first == '\\') {
            out += "\\x";
            out += to_hex(text.substr(0, 1));
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

}  // namespace slipway
