#pragma once

#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/crypto/key.h"

namespace slipway::crypto {

/// A PKCS#10 request (RFC 2986) asks for one thing only: a certificate for its public key. Names, attributes and
/// requested extensions are neither read nor kept; the authority decides them.
class CertificateRequest {
public:
    /// On the agent, as PEM.
    static Result<std::string> make(const PrivateKey& key);

    /// PEM or DER of at most limits::certificate_request_bytes_max. Refused before any arithmetic: another key type
    /// than P-256, explicit curve parameters, another signature algorithm than ECDSA with SHA-256, bytes that are not
    /// DER. Then the signature must prove that the sender holds the key. Code::invalid or Code::limit.
    static Result<CertificateRequest> parse(std::string_view pem_or_der);

    const PublicKey& public_key() const { return public_key_; }

private:
    explicit CertificateRequest(PublicKey key) : public_key_(std::move(key)) {}
    PublicKey public_key_;
};

}  // namespace slipway::crypto
