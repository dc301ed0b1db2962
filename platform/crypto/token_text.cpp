#include "platform/crypto/token_text.h"

#include <cstdint>

#include "platform/base/bytes.h"

namespace slipway::crypto {
namespace {

constexpr std::size_t crc_digits = 8;

std::string crc_text(std::string_view text) {
    const std::uint32_t crc = crc32(text);
    std::string raw;
    for (int shift = 24; shift >= 0; shift -= 8) raw += static_cast<char>(crc >> shift & 255);
    return to_hex(raw);
}

std::size_t length_of(const TokenForm& form) {
    std::size_t length = form.prefix.size() + 1 + crc_digits;
    for (const std::size_t field : form.fields) length += 1 + field;
    return length;
}

}  // namespace

bool is_lower_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string token_text(const TokenForm& form, std::span<const std::string> fields) {
    std::string text(form.prefix);
    for (const std::string& field : fields) text += "_" + field;
    return text + "_" + crc_text(text);
}

Result<std::vector<std::string>> cut_token(const TokenForm& form, std::string_view text) {
    const std::string kind(form.kind);
    const std::string prefix = std::string(form.prefix) + "_";
    if (!text.starts_with(prefix)) return fail(Code::invalid, "this is not a " + kind + ": one begins with " + prefix);
    if (text.size() != length_of(form))
        return fail(Code::invalid, "the " + kind + " has " + std::to_string(text.size()) + " characters instead of " +
                                       std::to_string(length_of(form)) + ": was it cut off when it was copied?");
    const std::string_view body = text.substr(0, text.size() - crc_digits - 1);
    if (text.substr(body.size()) != "_" + crc_text(body))
        return fail(Code::invalid, "the " + kind + "'s checksum does not fit: there is a typing error in it");
    std::vector<std::string> fields;
    std::size_t at = prefix.size();
    for (const std::size_t length : form.fields) {
        fields.emplace_back(text.substr(at, length));
        at += length;
        if (text[at++] != '_') return fail(Code::invalid, "the " + kind + "'s fields do not have their lengths");
    }
    return fields;
}

}  // namespace slipway::crypto
