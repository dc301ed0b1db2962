#include <limits>

#include <openssl/hmac.h>

#include "platform/base/assert.h"
#include "platform/crypto/hmac.h"
#include "platform/crypto/openssl_types.h"

namespace slipway::crypto {

std::string hmac_sha256(std::string_view key, std::string_view message) {
    ASSERT(key.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    std::string mac(32, '\0');
    unsigned size = 0;
    const char* key_bytes = key.empty() ? "" : key.data();  // a null key would mean "the key of the last call"
    ASSERT(HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()),
                reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                reinterpret_cast<unsigned char*>(mac.data()), &size) != nullptr);
    ASSERT(size == mac.size());
    return mac;
}

}  // namespace slipway::crypto
