#include <array>
#include <limits>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "platform/net/openssl_trust.h"

namespace slipway::net {
namespace {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;

struct FreeX509Stack {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeX509Stack>;

// OpenSSL's own default is one distribution's; a static program meets all of them.
constexpr std::array<const char*, 4> system_lists = {"/etc/ssl/certs/ca-certificates.crt",
                                                     "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                                     "/etc/ssl/cert.pem"};

BioPtr reading(const std::string& text) {
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int no_passphrase(char*, int, int, void*) { return -1; }

Result<> add_roots(X509_STORE* store, const std::string& pem) {
    const BioPtr bio = reading(pem);
    int count = 0;
    while (bio) {
        const X509Ptr x509(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
        if (!x509) break;
        if (X509_STORE_add_cert(store, x509.get()) != 1) break;
        ++count;
    }
    ERR_clear_error();
    if (count == 0) return fail(Code::invalid, "no certificate of an authority could be read");
    return {};
}

Result<> add_system_roots(X509_STORE* store) {
    for (const char* path : system_lists) {
        const int loaded = X509_STORE_load_file(store, path);
        ERR_clear_error();
        if (loaded == 1) return {};
    }
    return fail(Code::unsupported,
                "this machine has no list of certificate authorities (/etc/ssl/certs/ca-certificates.crt); install the "
                "package ca-certificates or name the server's authority");
}

Result<> check_identity(const ClientIdentity& identity) {
    const BioPtr certificate_bio = reading(identity.certificate_pem);
    const BioPtr key_bio = reading(identity.key_pem);
    const X509Ptr x509(certificate_bio ? PEM_read_bio_X509(certificate_bio.get(), nullptr, no_passphrase, nullptr)
                                       : nullptr);
    const KeyPtr key(key_bio ? PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    const bool fits = x509 && key && X509_check_private_key(x509.get(), key.get()) == 1;
    ERR_clear_error();
    if (!x509) return fail(Code::invalid, "the client certificate cannot be read");
    if (!key) return fail(Code::invalid, "the client certificate's key cannot be read");
    if (!fits) return fail(Code::invalid, "the key does not belong to the client certificate");
    return {};
}

using NotePtr = std::shared_ptr<AlertNote>;

void free_note(void*, void* note, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<NotePtr*>(note); }

int note_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_note);
    return index;
}

void write_alert_down(const SSL* ssl, int where, int value) {
    constexpr int warning = 1;  // the high byte is the level; all but a farewell is fatal
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || value >> 8 == warning) return;
    auto* note = static_cast<NotePtr*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), note_index()));
    if (note != nullptr) (*note)->number = value & 255;
}

class Judge final : public ServerJudge {
public:
    Judge(const TlsOptions& options, Clock& clock) : dates_(options.dates), clock_(clock), store_(X509_STORE_new()) {
        if (const auto* digest = std::get_if<TrustDigest>(&options.trust)) digest_ = digest->sha256;
    }

    Result<> load(const TlsOptions& options) {
        if (!store_) return fail(Code::internal, "no memory for certificates");
        if (options.identity) TRY(check_identity(*options.identity));
        if (const auto* roots = std::get_if<TrustRoots>(&options.trust)) return add_roots(store_.get(), roots->pem);
        if (std::holds_alternative<TrustSystem>(options.trust)) return add_system_roots(store_.get());
        if (!is_digest(digest_)) return fail(Code::invalid, "the authority's digest is not 64 hex digits");
        return {};
    }

    Result<> configure(ssl_ctx_st* context, NotePtr note) override {
        SSL_CTX_set1_cert_store(context, store_.get());
        SSL_CTX_set_cert_verify_callback(context, verify, this);
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // a parked poll needs none of its 34 KB
        auto kept = std::make_unique<NotePtr>(std::move(note));
        if (SSL_CTX_set_ex_data(context, note_index(), kept.get()) != 1)
            return fail(Code::internal, "no memory for a TLS connection");
        static_cast<void>(kept.release());  // free_note has it now
        SSL_CTX_set_info_callback(context, write_alert_down);
        return {};
    }

private:
    static int verify(X509_STORE_CTX* store, void* self) { return static_cast<Judge*>(self)->judge(store); }

    int judge(X509_STORE_CTX* store) const {
        X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(store);
        if (dates_ == Dates::ignored)
            X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);
        else
            X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(clock_.wall().us / 1'000'000));
        if (digest_.empty()) return X509_verify_cert(store) == 1 ? 1 : 0;

        const X509StackPtr pinned(sk_X509_new_null());
        X509* root = find_pinned(X509_STORE_CTX_get0_untrusted(store));
        if (root == nullptr || !pinned || sk_X509_push(pinned.get(), root) <= 0) {
            X509_STORE_CTX_set_error(store, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
            return 0;
        }
        X509_STORE_CTX_set0_trusted_stack(store, pinned.get());  // used until the verification ends, not later
        const int verdict = X509_verify_cert(store) == 1 ? 1 : 0;
        X509_STORE_CTX_set0_trusted_stack(store, nullptr);
        return verdict;
    }

    X509* find_pinned(STACK_OF(X509) * shown) const {
        for (int i = 0; i < sk_X509_num(shown); ++i) {
            std::array<unsigned char, 32> digest{};
            X509* x509 = sk_X509_value(shown, i);
            if (X509_digest(x509, EVP_sha256(), digest.data(), nullptr) == 1 &&
                to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()}) == digest_)
                return x509;
        }
        return nullptr;
    }

    Dates dates_;
    Clock& clock_;
    StorePtr store_;
    Digest digest_;
};

}  // namespace

Result<std::shared_ptr<ServerJudge>> make_server_judge(const TlsOptions& options, Clock& clock) {
    auto judge = std::make_shared<Judge>(options, clock);
    TRY(judge->load(options));
    return judge;
}

}  // namespace slipway::net
