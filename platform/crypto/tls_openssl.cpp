#include "platform/base/limits.h"
#include "platform/crypto/openssl_types.h"
#include "platform/crypto/tls.h"

namespace slipway::crypto {
namespace {

constexpr long session_lifetime_s = 600;
constexpr std::string_view session_context = "slipway";
constexpr const char* user_port_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; those of 1.3 are all good
constexpr const char* groups = "X25519:P-256";

struct FreeX509Stack {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeX509Stack>;

std::time_t seconds(Time time) { return static_cast<std::time_t>(time.us / 1'000'000); }

struct Verdict {
    bool pass = true;
    int mark = X509_V_OK;
};

/// The dates of a chain whose signatures and purposes are already proven; the leaf is first.
Verdict judge_dates(const STACK_OF(X509) * chain, Time now) {
    const std::time_t moment = seconds(now);
    const std::time_t tolerated = seconds(now - tls_expired_leaf_tolerance);
    Verdict verdict;
    for (int depth = 0; depth < sk_X509_num(chain); ++depth) {
        const X509* x509 = sk_X509_value(chain, depth);
        const int begun = ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), moment);
        if (begun != -1 && begun != 0) return {false, X509_V_ERR_CERT_NOT_YET_VALID};
        if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509), moment) >= 0) continue;
        verdict.mark = X509_V_ERR_CERT_HAS_EXPIRED;
        const bool long_ago = ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509), tolerated) < 0;
        if (depth > 0 || long_ago) return {false, verdict.mark};
    }
    return verdict;
}

/// Stands in for X509_verify_cert, which would judge dates by the machine's clock.
int verify_client(X509_STORE_CTX* store, void* clock) {
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(store), X509_V_FLAG_NO_CHECK_TIME);
    if (X509_verify_cert(store) != 1) return 0;
    const Verdict verdict = judge_dates(X509_STORE_CTX_get0_chain(store), static_cast<Clock*>(clock)->wall());
    X509_STORE_CTX_set_error(store, verdict.mark);
    return verdict.pass ? 1 : 0;
}

Result<> use_identity(SSL_CTX* context, const TlsIdentity& identity) {
    if (identity.chain.empty()) return fail(Code::invalid, "a server needs a certificate");
    TRY_ASSIGN(const X509Ptr leaf, to_x509(identity.chain.front()));
    const X509StackPtr rest(sk_X509_new_null());
    if (!rest) return fail(Code::internal, "no memory for the certificate chain");
    for (std::size_t i = 1; i < identity.chain.size(); ++i) {
        TRY_ASSIGN(X509Ptr x509, to_x509(identity.chain[i]));
        if (sk_X509_push(rest.get(), x509.get()) <= 0) return fail(Code::internal, "no memory for the chain");
        static_cast<void>(x509.release());
    }
    if (SSL_CTX_use_cert_and_key(context, leaf.get(), identity.key.state().key.get(), rest.get(), 1) != 1)
        return openssl_fail(Code::invalid, "the server's certificate and key cannot be used");
    return {};
}

Result<SslCtxPtr> make_context(const TlsIdentity& identity, int version_min) {
    SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context) return openssl_fail(Code::internal, "TLS could not be set up");
    SSL_CTX_set_security_level(context.get(), 2);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context.get(), static_cast<long>(limits::tls_sessions_max));
    SSL_CTX_set_timeout(context.get(), session_lifetime_s);
    SSL_CTX_set_max_cert_list(context.get(), static_cast<long>(limits::certificate_bytes_max));
    // Without a context a client that resumes is refused wherever certificates are asked for.
    const auto* id = reinterpret_cast<const unsigned char*>(session_context.data());
    if (SSL_CTX_set_min_proto_version(context.get(), version_min) != 1 ||
        SSL_CTX_set_session_id_context(context.get(), id, static_cast<unsigned>(session_context.size())) != 1 ||
        SSL_CTX_set_num_tickets(context.get(), 1) != 1 ||  // each is an entry of the cache
        SSL_CTX_set_cipher_list(context.get(), user_port_ciphers) != 1 ||
        SSL_CTX_set1_groups_list(context.get(), groups) != 1)
        return openssl_fail(Code::internal, "TLS could not be set up");
    TRY(use_identity(context.get(), identity));
    return context;
}

}  // namespace

struct TlsServer::State {
    SslCtxPtr context;
};

Result<TlsServer> TlsServer::for_agents(const TlsIdentity& identity, const std::vector<Certificate>& client_roots,
                                        Clock& clock) {
    TRY_ASSIGN(SslCtxPtr context, make_context(identity, TLS1_3_VERSION));
    X509_STORE* store = SSL_CTX_get_cert_store(context.get());
    for (const Certificate& root : client_roots) {
        TRY_ASSIGN(const X509Ptr x509, to_x509(root));
        if (X509_STORE_add_cert(store, x509.get()) != 1)
            return openssl_fail(Code::internal, "an authority could not be trusted");
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context.get(), verify_client, &clock);
    return TlsServer(std::make_shared<State>(State{std::move(context)}));
}

Result<TlsServer> TlsServer::for_users(const TlsIdentity& identity) {
    TRY_ASSIGN(SslCtxPtr context, make_context(identity, TLS1_2_VERSION));
    return TlsServer(std::make_shared<State>(State{std::move(context)}));
}

Result<> TlsServer::replace_identity(const TlsIdentity& identity) {
    return use_identity(state_->context.get(), identity);
}

ssl_ctx_st* TlsServer::context() const { return state_->context.get(); }

void tls_free(ssl_st* session) {
    if (session != nullptr) SSL_set_shutdown(session, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(session);
}

Result<std::optional<Certificate>> tls_peer(const ssl_st* session) {
    const X509* x509 = SSL_get0_peer_certificate(session);
    if (x509 == nullptr) return std::nullopt;
    unsigned char* der = nullptr;
    const int size = i2d_X509(x509, &der);
    if (size <= 0) return openssl_fail(Code::internal, "the peer's certificate could not be written");
    const OpensslTextPtr owner(reinterpret_cast<char*>(der));
    TRY_ASSIGN(Certificate certificate,
               Certificate::from_der({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}));
    return certificate;
}

}  // namespace slipway::crypto
