#include <openssl/pem.h>

#include "platform/base/limits.h"
#include "platform/crypto/certificate_request.h"
#include "platform/crypto/der.h"
#include "platform/crypto/openssl_types.h"

namespace slipway::crypto {
namespace {

using namespace std::string_view_literals;

constexpr unsigned char der_integer = 0x02;
constexpr unsigned char der_bit_string = 0x03;
constexpr unsigned char der_sequence = 0x30;
constexpr unsigned char der_attributes = 0xA0;

constexpr std::string_view ecdsa_with_sha256 = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"sv;

}  // namespace

Result<std::string> CertificateRequest::make(const PrivateKey& key) {
    const X509ReqPtr request(X509_REQ_new());
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!request || !bio || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_pubkey(request.get(), key.state().key.get()) != 1 ||
        X509_REQ_sign(request.get(), key.state().key.get(), EVP_sha256()) <= 0 ||
        PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1)
        return openssl_fail(Code::internal, "the certificate request could not be made");
    return std::string(written(bio));
}

// RFC 2986: CertificationRequest ::= SEQUENCE { info, signatureAlgorithm, signature BIT STRING },
// info ::= SEQUENCE { version INTEGER 0, subject Name, subjectPKInfo, attributes [0] }.
// Read here and not by OpenSSL's d2i_X509_REQ, which decodes the key, of whatever kind, while it parses.
Result<CertificateRequest> CertificateRequest::parse(std::string_view pem_or_der) {
    if (pem_or_der.size() > limits::certificate_request_bytes_max)
        return fail(Code::limit, "the certificate request has " + std::to_string(pem_or_der.size()) +
                                     " bytes; the limit is " + std::to_string(limits::certificate_request_bytes_max));
    std::string der(pem_or_der);
    if (!pem_or_der.starts_with('\x30')) {
        TRY_ASSIGN(der, pem_to_der(pem_or_der, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"));
    }
    std::string_view rest = der;
    TRY_ASSIGN(const DerElement request, take_der(rest, der_sequence, "the certificate request"));
    if (!rest.empty()) return fail(Code::invalid, "bytes follow the certificate request");
    rest = request.content;
    TRY_ASSIGN(const DerElement info, take_der(rest, der_sequence, "the request's content"));
    TRY_ASSIGN(const DerElement algorithm, take_der(rest, der_sequence, "the request's signature algorithm"));
    TRY_ASSIGN(const DerElement signature, take_der(rest, der_bit_string, "the request's signature"));
    if (!rest.empty()) return fail(Code::invalid, "bytes follow the request's signature");

    rest = info.content;
    TRY_ASSIGN(const DerElement version, take_der(rest, der_integer, "the request's version"));
    if (version.content != "\0"sv) return fail(Code::invalid, "the certificate request is not of version 1");
    TRY(take_der(rest, der_sequence, "the request's subject"));
    TRY_ASSIGN(const DerElement spki, take_der(rest, der_sequence, "the request's public key"));
    if (!rest.empty()) TRY(take_der(rest, der_attributes, "the request's attributes"));
    if (!rest.empty()) return fail(Code::invalid, "bytes follow the request's attributes");

    if (algorithm.whole != ecdsa_with_sha256)
        return fail(Code::invalid, "the certificate request is not signed with ECDSA and SHA-256");
    if (signature.content.size() < 9 || signature.content.size() > 73 || signature.content[0] != '\0')
        return fail(Code::invalid, "the request's signature has no possible form");
    TRY_ASSIGN(PublicKey key, PublicKey::from_spki(spki.whole));
    if (auto proof = key.verify(info.whole, signature.content.substr(1)); !proof)
        return fail(Code::invalid, "the certificate request is not signed with the key that it names");
    return CertificateRequest(std::move(key));
}

}  // namespace slipway::crypto
