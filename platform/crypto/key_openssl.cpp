#include <array>
#include <limits>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "platform/base/limits.h"
#include "platform/crypto/key.h"
#include "platform/crypto/openssl_types.h"
#include "platform/crypto/sha256.h"

namespace slipway::crypto {
namespace {

using namespace std::string_view_literals;

// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 | X | Y } }: all of it up to X is always the
// same.
constexpr std::string_view spki_head =
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"sv;
constexpr std::size_t spki_size = spki_head.size() + 64;

const unsigned char* bytes_of(std::string_view view) { return reinterpret_cast<const unsigned char*>(view.data()); }

Result<EvpKeyPtr> to_evp(std::string_view spki) {
    const unsigned char* at = bytes_of(spki);
    EvpKeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
    if (!key) return openssl_fail(Code::invalid, "the public key is not a point of the curve P-256");
    return key;
}

int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<PublicKey> PublicKey::from_spki(std::string_view der) {
    if (der.size() != spki_size || !der.starts_with(spki_head))
        return fail(Code::invalid,
                    "the key is not an ECDSA key on the named curve P-256 with an uncompressed point; no other kind is "
                    "accepted");
    TRY(to_evp(der));
    return PublicKey(std::string(der));
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
    if (pem.size() > limits::certificate_bytes_max)
        return fail(Code::limit, "a public key of more than " + std::to_string(limits::certificate_bytes_max) +
                                     " bytes is not read");
    TRY_ASSIGN(const std::string der, pem_to_der(pem, "PUBLIC KEY"));
    return from_spki(der);
}

Digest PublicKey::digest() const { return sha256(spki_); }

Result<> PublicKey::verify(std::string_view message, std::string_view signature) const {
    TRY_ASSIGN(const EvpKeyPtr key, to_evp(spki_));
    const EvpMdCtxPtr context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1)
        return openssl_fail(Code::internal, "signature check could not begin");
    if (EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) != 1)
        return openssl_fail(Code::unauthenticated, "the signature does not fit the key and the text");
    return {};
}

Result<PrivateKey> PrivateKey::adopt(std::shared_ptr<const State> state) {
    // Not i2d_PUBKEY: for one key of a known kind it loads every encoder that OpenSSL has, 100 KB of them.
    EVP_PKEY* key = state->key.get();
    std::array<char, 32> encoding{};
    std::array<unsigned char, 65> point{};  // 04 | X | Y
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding.data(), encoding.size(), &size) !=
            1 ||
        std::string_view(encoding.data(), size) != OSSL_PKEY_EC_ENCODING_GROUP ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) != 1)
        return openssl_fail(Code::invalid, "the private key is not an ECDSA key on the named curve P-256");
    std::string spki(spki_head.substr(0, spki_head.size() - 1));
    spki.append(reinterpret_cast<const char*>(point.data()), size);
    TRY_ASSIGN(PublicKey public_key, PublicKey::from_spki(spki));
    return PrivateKey(std::move(state), std::move(public_key));
}

Result<PrivateKey> PrivateKey::generate() {
    EvpKeyPtr key(EVP_EC_gen("P-256"));
    if (!key) return openssl_fail(Code::internal, "a P-256 key could not be made");
    return adopt(std::make_shared<const State>(State{std::move(key)}));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
    if (pem.size() > limits::certificate_bytes_max)
        return fail(Code::limit, "a private key of more than " + std::to_string(limits::certificate_bytes_max) +
                                     " bytes is not read");
    const BioPtr bio = reading(pem);
    EvpKeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    if (!key) return openssl_fail(Code::invalid, "no unencrypted private key could be read");
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC)
        return fail(Code::invalid, "the private key is not an ECDSA key on the curve P-256");
    return adopt(std::make_shared<const State>(State{std::move(key)}));
}

Result<Secret> PrivateKey::pem() const {
    const BioPtr bio(BIO_new(BIO_s_secmem()));
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return openssl_fail(Code::internal, "the private key could not be written");
    return Secret(written(bio));
}

Result<std::string> PrivateKey::sign(std::string_view message) const {
    const EvpMdCtxPtr context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
        return openssl_fail(Code::internal, "signing could not begin");
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(message),
                       message.size()) != 1)
        return openssl_fail(Code::internal, "signing failed");
    signature.resize(size);
    return signature;
}

}  // namespace slipway::crypto
