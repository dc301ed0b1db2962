#pragma once

#include <string>
#include <string_view>

namespace slipway::crypto {

/// HMAC-SHA256 (RFC 2104), 32 bytes. Compare with equal_constant_time().
std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace slipway::crypto
