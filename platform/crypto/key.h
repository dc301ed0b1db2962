#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "platform/base/bytes.h"
#include "platform/base/result.h"
#include "platform/crypto/secret.h"

namespace slipway::crypto {

/// A P-256 public key: the 91 bytes of its SubjectPublicKeyInfo (RFC 5480, named curve, uncompressed point). Nothing
/// else can be one: other key types, sizes and explicit curve parameters are refused by comparing bytes, before any
/// arithmetic.
class PublicKey {
public:
    static Result<PublicKey> from_spki(std::string_view der);
    static Result<PublicKey> from_pem(std::string_view pem);

    const std::string& spki() const { return spki_; }
    Digest digest() const;  ///< SHA-256 of the SubjectPublicKeyInfo: the name of this key

    /// ECDSA with SHA-256; the signature is DER. Code::unauthenticated if it does not fit.
    Result<> verify(std::string_view message, std::string_view signature) const;

    bool operator==(const PublicKey&) const = default;

private:
    explicit PublicKey(std::string spki) : spki_(std::move(spki)) {}
    std::string spki_;
};

/// A P-256 private key. Copies share one key; its memory is wiped with the last of them. May be used from any thread.
class PrivateKey {
public:
    static Result<PrivateKey> generate();
    static Result<PrivateKey> from_pem(std::string_view pem);  ///< PKCS#8, unencrypted, P-256 only

    Result<Secret> pem() const;  ///< PKCS#8, unencrypted
    const PublicKey& public_key() const { return public_key_; }

    /// ECDSA with SHA-256 of `message`, as DER.
    Result<std::string> sign(std::string_view message) const;

    struct State;  ///< for the other files of this folder
    const State& state() const { return *state_; }

private:
    PrivateKey(std::shared_ptr<const State> state, PublicKey public_key)
        : state_(std::move(state)), public_key_(std::move(public_key)) {}
    static Result<PrivateKey> adopt(std::shared_ptr<const State> state);
    std::shared_ptr<const State> state_;
    PublicKey public_key_;
};

}  // namespace slipway::crypto
