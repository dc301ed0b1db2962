#include "platform/crypto/dsse.h"

namespace slipway::crypto {

std::string dsse_pae(std::string_view payload_type, std::string_view payload) {
    std::string text = "DSSEv1 " + std::to_string(payload_type.size()) + " ";
    text += payload_type;
    text += " " + std::to_string(payload.size()) + " ";
    text += payload;
    return text;
}

Result<std::string> dsse_sign(const PrivateKey& key, std::string_view payload_type, std::string_view payload) {
    return key.sign(dsse_pae(payload_type, payload));
}

Result<> dsse_verify(const PublicKey& key, std::string_view payload_type, std::string_view payload,
                     std::string_view signature) {
    return key.verify(dsse_pae(payload_type, payload), signature);
}

}  // namespace slipway::crypto
