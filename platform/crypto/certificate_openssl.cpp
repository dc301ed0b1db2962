#include <chrono>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/crypto/certificate.h"
#include "platform/crypto/ip_text.h"
#include "platform/crypto/openssl_types.h"
#include "platform/crypto/sha256.h"

namespace slipway::crypto {
namespace {

constexpr std::string_view agent_uri = "urn:slipway:agent:";
constexpr std::size_t serial_digits_min = 32;

Result<Time> to_time(const ASN1_TIME* time) {
    std::tm tm{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &tm) != 1)
        return openssl_fail(Code::invalid, "the certificate holds a date that cannot be read");
    using namespace std::chrono;
    const sys_days day = year{tm.tm_year + 1900} / month{static_cast<unsigned>(tm.tm_mon + 1)} /
                         std::chrono::day{static_cast<unsigned>(tm.tm_mday)};
    const auto moment = day + hours{tm.tm_hour} + minutes{tm.tm_min} + seconds{tm.tm_sec};
    return Time{duration_cast<microseconds>(moment.time_since_epoch()).count()};
}

Result<std::string> to_serial(const X509* x509) {
    const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), nullptr));
    if (!number || BN_is_negative(number.get())) return fail(Code::invalid, "the certificate's serial is not a number");
    std::string raw(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
    BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(raw.data()));
    std::string text = to_hex(raw);
    if (text.size() < serial_digits_min) text.insert(0, serial_digits_min - text.size(), '0');
    return text;
}

Result<std::string> to_name(const X509_NAME* name) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0)
        return openssl_fail(Code::invalid, "the certificate holds a name that cannot be read");
    return std::string(written(bio));
}

std::string_view content_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

Result<std::string> to_ascii(const ASN1_STRING* text) {
    const std::string_view content = content_of(text);
    for (const char c : content)  // a NUL inside would make two readers see two names
        if (c <= ' ' || c > '~') return fail(Code::invalid, "the certificate holds a name with forbidden characters");
    return std::string(content);
}

Result<std::string> to_spki(const X509* x509) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    if (size <= 0) return openssl_fail(Code::invalid, "the certificate's key cannot be read");
    const OpensslTextPtr owner(reinterpret_cast<char*>(der));
    return std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
}

struct AlternativeNames {
    std::vector<std::string> uris, dns_names, ip_addresses;
};

Result<AlternativeNames> to_alternative_names(const X509* x509) {
    AlternativeNames found;
    int state = -1;
    const GeneralNamesPtr names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, &state, nullptr)));
    if (!names && state != -1) return openssl_fail(Code::invalid, "the certificate's names cannot be read");
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int type = 0;
        const auto* value =
            static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
        if (type == GEN_IPADD) {
            TRY_ASSIGN(std::string text, ip_to_text(content_of(value)));
            found.ip_addresses.push_back(std::move(text));
        } else if (type == GEN_URI || type == GEN_DNS) {
            TRY_ASSIGN(std::string text, to_ascii(value));
            (type == GEN_URI ? found.uris : found.dns_names).push_back(std::move(text));
        }
    }
    return found;
}

}  // namespace

Result<X509Ptr> to_x509(const Certificate& certificate) {
    const auto* at = reinterpret_cast<const unsigned char*>(certificate.der().data());
    X509Ptr x509(d2i_X509(nullptr, &at, static_cast<long>(certificate.der().size())));
    if (!x509) return openssl_fail(Code::invalid, "the certificate cannot be read");
    if (reinterpret_cast<const char*>(at) != certificate.der().data() + certificate.der().size())
        return fail(Code::invalid, "bytes follow the certificate");
    return x509;
}

Result<Certificate> Certificate::from_der(std::string_view der) {
    if (der.size() > limits::certificate_bytes_max)
        return fail(Code::limit, "the certificate has " + std::to_string(der.size()) + " bytes; the limit is " +
                                     std::to_string(limits::certificate_bytes_max));
    Certificate result;
    result.der_ = der;
    TRY_ASSIGN(const X509Ptr x509, to_x509(result));
    const std::uint32_t flags = X509_get_extension_flags(x509.get());
    if ((flags & EXFLAG_INVALID) != 0)
        return openssl_fail(Code::invalid, "the certificate's extensions cannot be read");
    result.is_ca_ = (flags & EXFLAG_CA) != 0;
    TRY_ASSIGN(result.serial_, to_serial(x509.get()));
    TRY_ASSIGN(result.not_before_, to_time(X509_get0_notBefore(x509.get())));
    TRY_ASSIGN(result.not_after_, to_time(X509_get0_notAfter(x509.get())));
    TRY_ASSIGN(result.subject_, to_name(X509_get_subject_name(x509.get())));
    TRY_ASSIGN(result.issuer_, to_name(X509_get_issuer_name(x509.get())));
    TRY_ASSIGN(const std::string spki, to_spki(x509.get()));
    result.public_key_digest_ = sha256(spki);
    TRY_ASSIGN(AlternativeNames names, to_alternative_names(x509.get()));
    result.uris_ = std::move(names.uris);
    result.dns_names_ = std::move(names.dns_names);
    result.ip_addresses_ = std::move(names.ip_addresses);
    ERR_clear_error();
    return result;
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
    TRY_ASSIGN(std::vector<Certificate> chain, chain_from_pem(pem));
    if (chain.size() != 1)
        return fail(Code::invalid, "one certificate was expected, " + std::to_string(chain.size()) + " are here");
    return std::move(chain.front());
}

Result<std::vector<Certificate>> Certificate::chain_from_pem(std::string_view pem) {
    constexpr std::string_view end_line = "-----END CERTIFICATE-----";
    if (pem.size() > limits::certificate_bytes_max * limits::certificate_chain_max)
        return fail(Code::limit, "the certificates have " + std::to_string(pem.size()) +
                                     " bytes together; the limit is " +
                                     std::to_string(limits::certificate_bytes_max * limits::certificate_chain_max));
    std::vector<Certificate> chain;
    while (pem.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        if (chain.size() == limits::certificate_chain_max)
            return fail(Code::limit, "more than " + std::to_string(limits::certificate_chain_max) + " certificates");
        const std::size_t end = pem.find(end_line);
        const std::size_t size = end == std::string_view::npos ? pem.size() : end + end_line.size();
        TRY_ASSIGN(const std::string der, pem_to_der(pem.substr(0, size), "CERTIFICATE"));
        TRY_ASSIGN(Certificate certificate, from_der(der));
        chain.push_back(std::move(certificate));
        pem.remove_prefix(size);
    }
    if (chain.empty()) return fail(Code::invalid, "no certificate stands in the text");
    return chain;
}

std::string Certificate::pem() const {
    std::string text = "-----BEGIN CERTIFICATE-----\n";
    const std::string base64 = to_base64(der_);
    for (std::size_t at = 0; at < base64.size(); at += 64) text += base64.substr(at, 64) + "\n";
    return text + "-----END CERTIFICATE-----\n";
}

Digest Certificate::digest() const { return sha256(der_); }

std::optional<std::string> Certificate::agent_id() const {
    if (uris_.size() != 1 || !uris_.front().starts_with(agent_uri)) return std::nullopt;
    std::string id = uris_.front().substr(agent_uri.size());
    if (!is_uuid(id)) return std::nullopt;
    return id;
}

std::string to_pem(const std::vector<Certificate>& chain) {
    std::string text;
    for (const Certificate& certificate : chain) text += certificate.pem();
    return text;
}

}  // namespace slipway::crypto
