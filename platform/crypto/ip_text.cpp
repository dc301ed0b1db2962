#include "platform/crypto/ip_text.h"

#include <array>

namespace slipway::crypto {
namespace {

std::string hex_group(unsigned value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (int shift = 12; shift >= 0; shift -= 4)
        if (const unsigned digit = value >> shift & 15; digit != 0 || !text.empty() || shift == 0)
            text += digits[digit];
    return text;
}

std::string ipv6_to_text(const std::array<unsigned, 8>& groups) {
    std::size_t best = 0;
    std::size_t best_length = 1;  // a single zero group is written out
    for (std::size_t start = 0; start < 8; ++start) {
        std::size_t length = 0;
        while (start + length < 8 && groups[start + length] == 0) ++length;
        if (length > best_length) {
            best = start;
            best_length = length;
        }
    }
    std::string text;
    for (std::size_t i = 0; i < 8; ++i) {
        if (best_length > 1 && i == best) {
            text += "::";
            i += best_length - 1;
            continue;
        }
        if (!text.empty() && text.back() != ':') text += ':';
        text += hex_group(groups[i]);
    }
    return text;
}

}  // namespace

Result<std::string> ip_to_text(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    if (bytes.size() == 4) {
        std::string text = std::to_string(byte(0));
        for (std::size_t i = 1; i < 4; ++i) text += "." + std::to_string(byte(i));
        return text;
    }
    if (bytes.size() != 16)
        return fail(Code::invalid, "an IP address has 4 or 16 bytes, not " + std::to_string(bytes.size()));
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = byte(2 * i) << 8 | byte(2 * i + 1);
    return ipv6_to_text(groups);
}

}  // namespace slipway::crypto
