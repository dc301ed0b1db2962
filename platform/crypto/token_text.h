#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"

namespace slipway::crypto {

/// What join tokens and API tokens have in common: <prefix>_<field>_..._<CRC-32 of all before its `_`, 8 hex>, fields
/// of fixed lengths.
struct TokenForm {
    std::string_view kind;    ///< for messages: "join token"
    std::string_view prefix;  ///< "slj1"
    std::span<const std::size_t> fields;
};

std::string token_text(const TokenForm& form, std::span<const std::string> fields);
/// The fields, after length, prefix, separators and CRC have been checked. Messages never repeat the token.
Result<std::vector<std::string>> cut_token(const TokenForm& form, std::string_view text);

bool is_lower_hex(std::string_view text);

}  // namespace slipway::crypto
