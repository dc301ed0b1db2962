#include "platform/base/assert.h"
#include "platform/crypto/openssl_types.h"
#include "platform/crypto/sha256.h"

namespace slipway::crypto {

namespace {

/// EVP_sha256() is looked up among the providers at each use, which takes longer than the digest of a short text.
const EVP_MD* algorithm() {
    static const std::unique_ptr<EVP_MD, FreeWith<EVP_MD_free>> fetched(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    return fetched.get();
}

}  // namespace

struct Sha256::State {
    EvpMdCtxPtr context{EVP_MD_CTX_new()};
};

// OpenSSL refuses these calls only when memory is out or SHA-256 is not built in; neither has a caller who could help.
Sha256::Sha256() : state_(std::make_unique<State>()) {
    ASSERT(state_->context && EVP_DigestInit_ex2(state_->context.get(), algorithm(), nullptr) == 1);
}

Sha256::Sha256(const Sha256& other) : state_(std::make_unique<State>()) {
    ASSERT(state_->context && EVP_MD_CTX_copy_ex(state_->context.get(), other.state_->context.get()) == 1);
}

Sha256& Sha256::operator=(const Sha256& other) {
    if (this != &other) *this = Sha256(other);
    return *this;
}

Sha256::Sha256(Sha256&& other) noexcept = default;
Sha256& Sha256::operator=(Sha256&& other) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::raw() const {
    const Sha256 end(*this);
    std::string digest(32, '\0');
    ASSERT(EVP_DigestFinal_ex(end.state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) ==
           1);
    return digest;
}

Digest Sha256::hex() const { return to_hex(raw()); }

std::string sha256_raw(std::string_view bytes) {
    std::string digest(32, '\0');
    ASSERT(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, algorithm(),
                      nullptr) == 1);
    return digest;
}

Digest sha256(std::string_view bytes) { return to_hex(sha256_raw(bytes)); }

}  // namespace slipway::crypto
