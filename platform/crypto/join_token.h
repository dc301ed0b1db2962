#pragma once

#include <string>
#include <string_view>

#include "platform/base/bytes.h"
#include "platform/base/ids.h"
#include "platform/base/result.h"

namespace slipway::crypto {

/// What an administrator hands to a new agent: a secret, and the certificate of the only authority it may talk to.
///   slj1_<id, 32 hex>_<secret, 43 base64url>_<SHA-256 of the CA's DER, 43 base64url>_<CRC-32 of all before, 8 hex>
/// Fields have fixed lengths and are cut by length: base64url itself contains `_`.
struct JoinToken {
    std::string id;      ///< 32 hex digits; not secret
    std::string secret;  ///< 43 base64url characters; 256 random bits
    Digest ca_digest;    ///< hex

    static JoinToken make(Random& random, const Digest& ca_digest);
    /// Code::invalid, with what is wrong: cut off, mistyped, another kind of token. The message never repeats the
    /// token.
    static Result<JoinToken> parse(std::string_view text);

    std::string text() const;
    /// What is stored instead of the secret: SHA-256 of "<id>_<secret>".
    Digest hash() const;
};

}  // namespace slipway::crypto
