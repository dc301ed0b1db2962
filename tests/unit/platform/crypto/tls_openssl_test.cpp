#include <algorithm>

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/openssl_types.h"
#include "platform/crypto/tls.h"
#include "tests/unit/platform/crypto/fixtures.h"

using namespace slipway;
using namespace slipway::crypto;
using namespace slipway::crypto::tests;

namespace {

using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using ServerSslPtr = std::unique_ptr<SSL, FreeWith<tls_free>>;
struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeSession>;

struct Wish {
    const Certificate* certificate = nullptr;
    const PrivateKey* key = nullptr;
    SSL_SESSION* resume = nullptr;
    int version_max = TLS1_3_VERSION;
};

/// One handshake in memory: what each side came to think.
struct Meeting {
    SslCtxPtr client_context{SSL_CTX_new(TLS_client_method())};
    SslPtr client;
    ServerSslPtr server;
    bool client_done = false;
    bool server_done = false;
    std::string alert;  ///< as the client saw it

    Meeting(const TlsServer& tls, const Wish& wish) {
        SSL_CTX_set_max_proto_version(client_context.get(), wish.version_max);
        SSL_CTX_set_session_cache_mode(client_context.get(), SSL_SESS_CACHE_CLIENT);
        SSL_CTX_set_info_callback(client_context.get(), note_alert);
        SSL_CTX_set_ex_data(client_context.get(), 0, this);
        client.reset(SSL_new(client_context.get()));
        server.reset(SSL_new(tls.context()));
        if (wish.certificate != nullptr) {
            const X509Ptr x509 = to_x509(*wish.certificate).value();
            REQUIRE(SSL_use_certificate(client.get(), x509.get()) == 1);
            REQUIRE(SSL_use_PrivateKey(client.get(), wish.key->state().key.get()) == 1);
        }
        if (wish.resume != nullptr) SSL_set_session(client.get(), wish.resume);
        BIO* client_end = nullptr;
        BIO* server_end = nullptr;
        REQUIRE(BIO_new_bio_pair(&client_end, 0, &server_end, 0) == 1);
        SSL_set_bio(client.get(), client_end, client_end);
        SSL_set_bio(server.get(), server_end, server_end);
        SSL_set_connect_state(client.get());
        SSL_set_accept_state(server.get());
        for (int round = 0; round < 10; ++round) {
            if (!client_done) client_done = SSL_do_handshake(client.get()) == 1;
            if (!server_done) server_done = SSL_do_handshake(server.get()) == 1;
        }
        char byte = 0;
        if (client_done) SSL_read(client.get(), &byte, 1);  // takes in the session or the late alert of TLS 1.3
    }

    static void note_alert(const SSL* ssl, int where, int value) {
        if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
        static_cast<Meeting*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0))->alert = SSL_alert_desc_string_long(value);
    }

    bool held() const { return client_done && server_done; }
    SessionPtr session() const { return SessionPtr(SSL_get1_session(client.get())); }
};

struct Fixture {
    SeededRandom random;
    ManualClock clock{some_day};
    CertificateAuthority authority = CertificateAuthority::create("authority", some_day, random).value();
    PrivateKey server_key = PrivateKey::generate().value();
    PrivateKey key = PrivateKey::generate().value();
    Certificate leaf = authority.issue_agent({key.public_key(), some_agent, some_day}, random).value();
    Certificate server_leaf = server({"localhost"});
    TlsServer agents =
        TlsServer::for_agents({{server_leaf, authority.certificate()}, server_key}, {authority.certificate()}, clock)
            .value();

    Certificate server(std::vector<std::string> names) {
        return authority.issue_server({server_key.public_key(), std::move(names), some_day}, random).value();
    }
    Meeting meet(const Certificate& certificate) { return Meeting(agents, {&certificate, &key}); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an agent without a certificate is let in as nobody") {
    const Meeting meeting(agents, {});
    REQUIRE(meeting.held());
    CHECK(tls_peer(meeting.server.get()).value() == std::nullopt);
}

TEST_CASE_METHOD(Fixture, "an agent with a certificate of the authority is known by it") {
    const Meeting meeting = meet(leaf);
    REQUIRE(meeting.held());
    CHECK(tls_peer(meeting.server.get()).value() == leaf);
    CHECK(SSL_get_verify_result(meeting.server.get()) == X509_V_OK);
    CHECK(SSL_version(meeting.server.get()) == TLS1_3_VERSION);
}

TEST_CASE_METHOD(Fixture, "the server shows its whole chain, the root too") {
    const Meeting meeting(agents, {});
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(meeting.client.get());
    REQUIRE(sk_X509_num(chain) == 2);
    const X509Ptr root = to_x509(authority.certificate()).value();
    CHECK(X509_cmp(sk_X509_value(chain, 1), root.get()) == 0);
}

TEST_CASE_METHOD(Fixture, "a leaf that expired at most 400 days ago passes and is marked, a day later it does not") {
    clock.set(leaf.not_after());
    CHECK(SSL_get_verify_result(meet(leaf).server.get()) == X509_V_OK);
    for (const Duration lapsed : {Duration{1s}, Duration{400 * 24h}}) {
        clock.set(leaf.not_after() + lapsed);
        const Meeting meeting = meet(leaf);
        REQUIRE(meeting.held());
        CHECK(meeting.alert.empty());
        CHECK(SSL_get_verify_result(meeting.server.get()) == X509_V_ERR_CERT_HAS_EXPIRED);
        CHECK(tls_peer(meeting.server.get()).value() == leaf);
    }
    clock.set(leaf.not_after() + 400 * 24h + 1s);
    const Meeting refused = meet(leaf);
    CHECK_FALSE(refused.server_done);
    CHECK(refused.alert == "certificate expired");
}

TEST_CASE_METHOD(Fixture, "expiry is the only fault that passes") {
    clock.set(leaf.not_before() - 1s);
    const Meeting early = meet(leaf);
    CHECK_FALSE(early.server_done);
    CHECK(early.alert == "bad certificate");

    clock.set(leaf.not_after() + 24h);
    const auto stranger = CertificateAuthority::create("authority", some_day, random).value();
    const Meeting other = meet(stranger.issue_agent({key.public_key(), some_agent, some_day}, random).value());
    CHECK_FALSE(other.server_done);
    CHECK_FALSE(other.alert.empty());

    const Meeting wrong_purpose =
        meet(authority.issue_server({key.public_key(), {"localhost"}, some_day}, random).value());
    CHECK_FALSE(wrong_purpose.server_done);
    CHECK_FALSE(wrong_purpose.alert.empty());

    std::string broken_der = leaf.der();
    broken_der.back() = static_cast<char>(broken_der.back() ^ 1);
    const Meeting broken = meet(Certificate::from_der(broken_der).value());
    CHECK_FALSE(broken.server_done);

    clock.set(authority.certificate().not_after() + 24h);
    const Certificate fresh =
        authority.issue_agent({key.public_key(), some_agent, authority.certificate().not_after()}, random).value();
    CHECK_FALSE(meet(fresh).server_done);  // the authority itself has expired
}

TEST_CASE_METHOD(Fixture, "a resumed session still knows the certificate, and is not judged again") {
    const Meeting first = meet(leaf);
    REQUIRE(first.held());
    const SessionPtr session = first.session();
    REQUIRE(SSL_SESSION_is_resumable(session.get()) == 1);
    clock.set(leaf.not_after() + 401 * 24h);
    const Meeting second(agents, {&leaf, &key, session.get()});
    REQUIRE(second.held());
    CHECK(SSL_session_reused(second.server.get()) == 1);
    CHECK(tls_peer(second.server.get()).value() == leaf);
}

TEST_CASE_METHOD(Fixture, "sessions stay at the server: bounded, for ten minutes, no self-contained tickets") {
    SSL_CTX* context = agents.context();
    CHECK(SSL_CTX_sess_get_cache_size(context) == static_cast<long>(limits::tls_sessions_max));
    CHECK(SSL_CTX_get_timeout(context) == 600);
    CHECK((SSL_CTX_get_options(context) & SSL_OP_NO_TICKET) != 0);
    REQUIRE(meet(leaf).held());
    REQUIRE(meet(leaf).held());
    CHECK(SSL_CTX_sess_number(context) == 2);
    SSL_CTX_sess_set_cache_size(context, 2);
    REQUIRE(meet(leaf).held());
    CHECK(SSL_CTX_sess_number(context) <= 2);  // one over the size pushes the oldest out
    CHECK(SSL_CTX_sess_cache_full(context) > 0);
}

TEST_CASE_METHOD(Fixture, "a client whose chain is larger than the limit is refused before it is looked at") {
    SSL_CTX_set_max_cert_list(agents.context(), static_cast<long>(leaf.der().size() + 5 + 3 - 1));
    const Meeting one_too_many = meet(leaf);  // 3 and 2 bytes around the certificate, 3 around the list
    CHECK_FALSE(one_too_many.server_done);
    TlsServer fresh =
        TlsServer::for_agents({{server_leaf, authority.certificate()}, server_key}, {authority.certificate()}, clock)
            .value();
    CHECK(SSL_CTX_get_max_cert_list(fresh.context()) == static_cast<long>(limits::certificate_bytes_max));
}

TEST_CASE_METHOD(Fixture, "the agent port speaks TLS 1.3 only, the user port 1.2 with forward secrecy too") {
    const TlsServer users = TlsServer::for_users({{server_leaf, authority.certificate()}, server_key}).value();
    CHECK_FALSE(Meeting(agents, {nullptr, nullptr, nullptr, TLS1_2_VERSION}).client_done);
    const Meeting old(users, {nullptr, nullptr, nullptr, TLS1_2_VERSION});
    REQUIRE(old.held());
    CHECK(std::string(SSL_get_cipher_name(old.client.get())).starts_with("ECDHE-ECDSA-"));
    CHECK_FALSE(Meeting(users, {nullptr, nullptr, nullptr, TLS1_1_VERSION}).client_done);
    const Meeting with_certificate(users, {&leaf, &key});
    REQUIRE(with_certificate.held());
    CHECK(tls_peer(with_certificate.server.get()).value() == std::nullopt);  // not even asked for
}

TEST_CASE_METHOD(Fixture, "a replaced identity is shown from the next connection on, a failed one changes nothing") {
    const Meeting before(agents, {});
    const Certificate renewed = server({"renewed.example"});
    REQUIRE(agents.replace_identity({{renewed, authority.certificate()}, server_key}));
    const Meeting after(agents, {});
    REQUIRE(after.held());
    const X509Ptr expected = to_x509(renewed).value();
    const X509Ptr old = to_x509(server_leaf).value();
    CHECK(X509_cmp(SSL_get0_peer_certificate(after.client.get()), expected.get()) == 0);
    CHECK(X509_cmp(SSL_get0_peer_certificate(before.client.get()), old.get()) == 0);

    CHECK_FALSE(agents.replace_identity({{server_leaf}, key}));  // the key of another certificate
    CHECK_FALSE(agents.replace_identity({{}, server_key}));
    const Meeting still(agents, {});
    REQUIRE(still.held());
    CHECK(X509_cmp(SSL_get0_peer_certificate(still.client.get()), expected.get()) == 0);
}
