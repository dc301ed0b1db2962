#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "platform/base/result.h"
#include "platform/crypto/certificate.h"
#include "platform/crypto/key.h"

/// OpenSSL's objects with an owner, for the *_openssl.cpp files of this folder only.
namespace slipway::crypto {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
inline void free_general_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
inline void free_openssl_text(char* text) { OPENSSL_free(text); }

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using EvpKeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using EvpMdCtxPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;
using X509ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<free_general_names>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using OpensslTextPtr = std::unique_ptr<char, FreeWith<free_openssl_text>>;

struct PrivateKey::State {
    EvpKeyPtr key;
};

/// An error with `what` and OpenSSL's own reason; empties OpenSSL's error queue.
[[nodiscard]] tl::unexpected<Error> openssl_fail(Code code, std::string what);

/// A view for reading; the bytes must outlive it. Null when memory is out.
BioPtr reading(std::string_view bytes);
/// Everything written to a memory BIO.
std::string_view written(const BioPtr& bio);

/// The DER of one PEM block named `name` (or `other_name`), with nothing after it.
Result<std::string> pem_to_der(std::string_view pem, std::string_view name, std::string_view other_name = {});

Result<X509Ptr> to_x509(const Certificate& certificate);

}  // namespace slipway::crypto
