#pragma once

#include <string>
#include <string_view>

#include "platform/base/bytes.h"
#include "platform/base/ids.h"
#include "platform/base/result.h"

namespace slipway::crypto {

/// A bearer token of the user API: slt_<id, 32 hex>_<secret, 43 base64url>_<CRC-32 of all before, 8 hex>, cut by
/// length.
struct ApiToken {
    std::string id;      ///< 32 hex digits; not secret
    std::string secret;  ///< 43 base64url characters; 256 random bits

    static ApiToken make(Random& random);
    /// Code::invalid, with what is wrong. The message never repeats the token.
    static Result<ApiToken> parse(std::string_view text);

    std::string text() const;
    /// What is stored instead of the secret: SHA-256 of "<id>_<secret>". Compare with equal_constant_time().
    Digest hash() const;
};

}  // namespace slipway::crypto
