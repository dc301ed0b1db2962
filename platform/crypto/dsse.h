#pragma once

#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/crypto/key.h"

namespace slipway::crypto {

/// DSSE 1.0 (github.com/secure-systems-lab/dsse): what is signed is not the payload but its pre-authentication
/// encoding, "DSSEv1 <length> <type> <length> <payload>". The envelope's JSON is platform/wire's.
std::string dsse_pae(std::string_view payload_type, std::string_view payload);

Result<std::string> dsse_sign(const PrivateKey& key, std::string_view payload_type, std::string_view payload);
/// Code::unauthenticated if the signature is not this key's of exactly this type and payload.
Result<> dsse_verify(const PublicKey& key, std::string_view payload_type, std::string_view payload,
                     std::string_view signature);

}  // namespace slipway::crypto
