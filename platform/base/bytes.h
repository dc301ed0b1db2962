#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway {

/// Bytes in memory are std::string and std::string_view throughout: what libraries, files and sockets take.
using Digest = std::string;  ///< SHA-256 as 64 lower-case hex digits

std::string to_hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view text);

std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);  ///< strict: padding demanded, no white space

std::string to_base64url(std::string_view bytes);  ///< without padding, RFC 4648 section 5
Result<std::string> from_base64url(std::string_view text);

bool is_digest(std::string_view text);

/// CRC-32 (IEEE) guards typed-in tokens; CRC-32C (Castagnoli) guards journal records. Both chain through `seed`.
std::uint32_t crc32(std::string_view bytes, std::uint32_t seed = 0);
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

/// Equal without telling by its duration where two secrets differ.
bool equal_constant_time(std::string_view a, std::string_view b);

/// For messages: control characters, quotes and invalid UTF-8 become \xNN; longer than `limit` ends in "...".
std::string printable(std::string_view text, std::size_t limit = 200);

bool is_utf8(std::string_view text);

}  // namespace slipway
