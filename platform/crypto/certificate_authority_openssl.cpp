#include <array>

#include "platform/base/bytes.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/openssl_types.h"

namespace slipway::crypto {
namespace {

struct Draft {
    std::string common_name;
    const PublicKey* key = nullptr;
    const X509* issuer = nullptr;  ///< none: signs itself
    Time not_before;
    Time not_after;
};

bool set_time(ASN1_TIME* field, Time time) {
    return ASN1_TIME_set(field, static_cast<std::time_t>(time.us / 1'000'000)) != nullptr;
}

bool set_serial(X509* x509, Random& random) {
    std::array<unsigned char, 16> raw{};
    random.fill(raw);
    if (raw == std::array<unsigned char, 16>{}) raw[15] = 1;  // RFC 5280: never zero
    const BignumPtr number(BN_bin2bn(raw.data(), static_cast<int>(raw.size()), nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr;
}

bool set_name(X509_NAME* name, const std::string& common_name) {
    const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, static_cast<int>(common_name.size()),
                                      -1, 0) == 1;
}

bool set_key(X509* x509, const PublicKey& key) {
    const auto* at = reinterpret_cast<const unsigned char*>(key.spki().data());
    const EvpKeyPtr evp(d2i_PUBKEY(nullptr, &at, static_cast<long>(key.spki().size())));
    return evp && X509_set_pubkey(x509, evp.get()) == 1;
}

/// `value` in the language of openssl.cnf; only texts of this file come here.
bool add_extension(X509* x509, const X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, const_cast<X509*>(issuer == nullptr ? x509 : issuer), x509, nullptr, nullptr, 0);
    const X509ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    return extension && X509_add_ext(x509, extension.get(), -1) == 1;
}

bool add_name(GENERAL_NAMES* names, int type, ASN1_STRING* value) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    if (name == nullptr || value == nullptr || sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    return true;
}

bool add_text_name(GENERAL_NAMES* names, int type, const std::string& text) {
    ASN1_STRING* value = ASN1_IA5STRING_new();
    if (value != nullptr) ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
    return add_name(names, type, value);
}

bool is_host_name(const std::string& name) {
    if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.') return false;
    std::size_t label = 0;
    for (const char c : name) {
        label = c == '.' ? 0 : label + 1;
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (label > 63 || (c == '.' && label != 0) || !(word || c == '-' || c == '.')) return false;
    }
    return name.find("..") == std::string::npos;
}

Result<GeneralNamesPtr> server_names(const std::vector<std::string>& wanted) {
    GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
    for (const std::string& name : wanted) {
        ASN1_STRING* address = a2i_IPADDRESS(name.c_str());
        if (address == nullptr && !is_host_name(name))
            return openssl_fail(Code::invalid, "\"" + printable(name) + "\" is neither a host name nor an IP address");
        const bool added =
            address != nullptr ? add_name(names.get(), GEN_IPADD, address) : add_text_name(names.get(), GEN_DNS, name);
        if (!added) return openssl_fail(Code::internal, "the names could not be put into the certificate");
    }
    if (wanted.empty()) return fail(Code::invalid, "a server certificate needs at least one name");
    return names;
}

Result<X509Ptr> begin(const Draft& draft, Random& random) {
    X509Ptr x509(X509_new());
    if (!x509 || X509_set_version(x509.get(), X509_VERSION_3) != 1 || !set_serial(x509.get(), random) ||
        !set_name(X509_get_subject_name(x509.get()), draft.common_name) ||
        X509_set_issuer_name(x509.get(), X509_get_subject_name(draft.issuer ? draft.issuer : x509.get())) != 1 ||
        !set_time(X509_getm_notBefore(x509.get()), draft.not_before) ||
        !set_time(X509_getm_notAfter(x509.get()), draft.not_after) || !set_key(x509.get(), *draft.key) ||
        !add_extension(x509.get(), draft.issuer, NID_subject_key_identifier, "hash"))
        return openssl_fail(Code::internal, "the certificate could not be made");
    if (draft.issuer != nullptr &&
        !add_extension(x509.get(), draft.issuer, NID_authority_key_identifier, "keyid:always"))
        return openssl_fail(Code::internal, "the certificate could not be linked to its authority");
    return x509;
}

Result<Certificate> finish(const X509Ptr& x509, const PrivateKey& key) {
    if (X509_sign(x509.get(), key.state().key.get(), EVP_sha256()) <= 0)
        return openssl_fail(Code::internal, "the certificate could not be signed");
    unsigned char* der = nullptr;
    const int size = i2d_X509(x509.get(), &der);
    if (size <= 0) return openssl_fail(Code::internal, "the certificate could not be written");
    const OpensslTextPtr owner(reinterpret_cast<char*>(der));
    return Certificate::from_der({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
}

Result<Certificate> issue_leaf(const X509Ptr& x509, const X509Ptr& issuer, const GeneralNamesPtr& names,
                               const char* purpose, const PrivateKey& key) {
    if (!add_extension(x509.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(x509.get(), issuer.get(), NID_key_usage, "critical,digitalSignature") ||
        !add_extension(x509.get(), issuer.get(), NID_ext_key_usage, purpose) ||
        X509_add1_ext_i2d(x509.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) != 1)
        return openssl_fail(Code::internal, "the certificate's extensions could not be made");
    return finish(x509, key);
}

}  // namespace

Result<CertificateAuthority> CertificateAuthority::create(std::string_view common_name, Time now, Random& random) {
    TRY_ASSIGN(PrivateKey key, PrivateKey::generate());
    const Draft draft{std::string(common_name), &key.public_key(), nullptr, now - certificate_backdating,
                      now + authority_lifetime};
    TRY_ASSIGN(const X509Ptr x509, begin(draft, random));
    if (!add_extension(x509.get(), nullptr, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(x509.get(), nullptr, NID_key_usage, "critical,keyCertSign,cRLSign"))
        return openssl_fail(Code::internal, "the authority's extensions could not be made");
    TRY_ASSIGN(Certificate certificate, finish(x509, key));
    return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<CertificateAuthority> CertificateAuthority::load(std::string_view certificate_pem, std::string_view key_pem) {
    TRY_ASSIGN(Certificate certificate, Certificate::from_pem(certificate_pem));
    TRY_ASSIGN(PrivateKey key, PrivateKey::from_pem(key_pem));
    if (certificate.public_key_digest() != key.public_key().digest())
        return fail(Code::invalid, "the authority's key does not belong to its certificate");
    if (!certificate.is_ca()) return fail(Code::invalid, "the authority's certificate may not sign others (CA:FALSE)");
    return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<Certificate> CertificateAuthority::issue_agent(const AgentCertificateWish& wish, Random& random) const {
    if (!is_uuid(wish.agent_id))
        return fail(Code::invalid, "\"" + printable(wish.agent_id) + "\" is not an agent's id");
    TRY_ASSIGN(const X509Ptr issuer, to_x509(certificate_));
    const Draft draft{wish.agent_id, &wish.key, issuer.get(), wish.now - certificate_backdating,
                      wish.now + wish.lifetime};
    TRY_ASSIGN(const X509Ptr x509, begin(draft, random));
    const GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
    if (!names || !add_text_name(names.get(), GEN_URI, "urn:slipway:agent:" + wish.agent_id))
        return openssl_fail(Code::internal, "the agent's name could not be put into the certificate");
    return issue_leaf(x509, issuer, names, "clientAuth", key_);
}

Result<Certificate> CertificateAuthority::issue_server(const ServerCertificateWish& wish, Random& random) const {
    TRY_ASSIGN(const GeneralNamesPtr names, server_names(wish.names));
    TRY_ASSIGN(const X509Ptr issuer, to_x509(certificate_));
    // A common name holds 64 characters; nobody reads it beside the alternative names.
    const Draft draft{wish.names.front().substr(0, 64), &wish.key, issuer.get(), wish.now - certificate_backdating,
                      wish.now + wish.lifetime};
    TRY_ASSIGN(const X509Ptr x509, begin(draft, random));
    return issue_leaf(x509, issuer, names, "serverAuth", key_);
}

}  // namespace slipway::crypto
