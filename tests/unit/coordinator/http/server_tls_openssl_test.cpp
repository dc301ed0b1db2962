#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/init.h"
#include "platform/crypto/tls.h"
#include "tests/unit/coordinator/http/server_fixture.h"

using namespace slipway;
using namespace slipway::http;
using namespace slipway::http::test;

namespace {

constexpr std::string_view agent_id = "0190a3c2-7b1e-7000-8000-000000000001";

/// An authority, a server's identity and an agent's certificate.
struct Authority {
    Authority() { crypto::init(); }

    std::shared_ptr<StreamFactory> streams() {
        const crypto::PrivateKey key = crypto::PrivateKey::generate().value();
        const crypto::Certificate server =
            authority.issue_server({key.public_key(), {"127.0.0.1", "localhost"}, clock.wall()}, random).value();
        const crypto::TlsIdentity identity{{server, authority.certificate()}, key};
        return make_tls_streams(crypto::TlsServer::for_agents(identity, {authority.certificate()}, clock).value());
    }

    struct Agent {
        crypto::PrivateKey key;
        crypto::Certificate certificate;
    };
    Agent agent(std::string_view id = agent_id) {
        const crypto::PrivateKey key = crypto::PrivateKey::generate().value();
        return {key, authority.issue_agent({key.public_key(), std::string(id), clock.wall()}, random).value()};
    }

    os::SystemClock clock;
    os::SystemRandom random;
    crypto::CertificateAuthority authority =
        crypto::CertificateAuthority::create("Slipway test", clock.wall(), random).value();
};

struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* x509) const { X509_free(x509); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<SSL_CTX> client_context(const Authority::Agent* agent) {
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
    if (agent == nullptr) return context;
    const std::string certificate_pem = agent->certificate.pem();
    const crypto::Secret key_pem = agent->key.pem().value();
    const Owned<BIO> certificate_bio(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
    const Owned<BIO> key_bio(BIO_new_mem_buf(key_pem.view().data(), static_cast<int>(key_pem.view().size())));
    const Owned<X509> x509(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
    REQUIRE(SSL_CTX_use_certificate(context.get(), x509.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
    return context;
}

/// A blocking TLS peer on top of a Client's socket.
class TlsClient {
public:
    TlsClient(std::uint16_t port, SSL_CTX* context, SSL_SESSION* session = nullptr)
        : client_(port), ssl_(SSL_new(context)) {
        SSL_set_fd(ssl_.get(), client_.descriptor());
        if (session != nullptr) SSL_set_session(ssl_.get(), session);
        connected_ = SSL_connect(ssl_.get()) == 1;
    }
    TlsClient(TlsClient&&) = default;

    bool connected() const { return connected_; }
    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    Owned<SSL_SESSION> session() const { return Owned<SSL_SESSION>(SSL_get1_session(ssl_.get())); }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const int sent =
                SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// Everything up to and with `text`; what came if the line ends before.
    std::string read_until(std::string_view text) {
        std::size_t at = 0;
        while ((at = read_.find(text)) == std::string::npos)
            if (!more()) return std::exchange(read_, {});
        std::string out = read_.substr(0, at + text.size());
        read_.erase(0, at + text.size());
        return out;
    }
    std::string read(std::size_t bytes) {
        while (read_.size() < bytes && more()) {
        }
        std::string out = read_.substr(0, bytes);
        read_.erase(0, bytes);
        return out;
    }
    int status(std::string_view request) {
        send(request);
        const std::string head = read_until("\r\n\r\n");
        const std::size_t length = head.find("Content-Length: ");
        if (head.size() < 12 || length == std::string::npos) return 0;
        body = read(std::stoul(head.substr(length + 16)));
        return std::stoi(head.substr(9, 3));
    }
    bool more() {
        char buffer[64 * 1024];
        const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
        if (got > 0) read_.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    }
    void vanish() { client_.close(); }

    std::string body;

private:
    Client client_;
    Owned<SSL> ssl_;
    bool connected_ = false;
    std::string read_;
};

}  // namespace

TEST_CASE("a client certificate makes an agent, none makes nobody") {
    Authority authority;
    Fixture fixture({}, authority.streams());
    const auto nobody = client_context(nullptr);
    TlsClient stranger(fixture.agent.port, nobody.get());
    REQUIRE(stranger.connected());
    CHECK(stranger.status(get("/who")) == 401);
    CHECK(stranger.status(post("/enroll", "{}")) == 200);

    const Authority::Agent agent = authority.agent();
    const auto known = client_context(&agent);
    TlsClient client(fixture.agent.port, known.get());
    REQUIRE(client.connected());
    CHECK(client.status(get("/who")) == 200);
    CHECK(client.body == agent_id);
    CHECK(client.status(post("/renew", "")) == 200);
    CHECK(client.status(post("/report", "")) == 200);
}

TEST_CASE("expired and deleted agents reach the one route that is theirs") {
    Authority authority;
    Fixture fixture({}, authority.streams());
    const Authority::Agent deleted = authority.agent("d190a3c2-7b1e-7000-8000-000000000001");
    const auto deleted_context = client_context(&deleted);
    TlsClient late(fixture.agent.port, deleted_context.get());
    CHECK(late.status(get("/who")) == 403);
    CHECK(late.body.find("\"reason\":\"agent_deleted\"") != std::string::npos);
    CHECK(late.status(post("/renew", "")) == 403);
    CHECK(late.status(post("/report", "")) == 200);
    const Authority::Agent expired = authority.agent("e190a3c2-7b1e-7000-8000-000000000001");
    const auto expired_context = client_context(&expired);
    TlsClient old(fixture.agent.port, expired_context.get());
    CHECK(old.status(get("/who")) == 403);
    CHECK(old.body.find("certificate_expired") != std::string::npos);
    CHECK(old.status(post("/report", "")) == 403);
    CHECK(old.status(post("/renew", "")) == 200);
}

TEST_CASE("a certificate of another authority ends the handshake") {
    Authority authority;
    Authority other;
    Fixture fixture({}, authority.streams());
    const Authority::Agent agent = other.agent();
    const auto context = client_context(&agent);
    TlsClient client(fixture.agent.port, context.get());
    CHECK(client.status(get("/who")) == 0);
    CHECK(
        fixture.eventually([&] { return fixture.figure("slipway_tls_handshakes_failed_total{port=\"agent\"}") == 1; }));
}

TEST_CASE("a resumed session is still the agent's") {
    Authority authority;
    Fixture fixture({}, authority.streams());
    const Authority::Agent agent = authority.agent();
    const auto context = client_context(&agent);
    TlsClient first(fixture.agent.port, context.get());
    CHECK(first.status(get("/who")) == 200);
    const auto session = first.session();
    TlsClient second(fixture.agent.port, context.get(), session.get());
    CHECK(second.status(get("/who")) == 200);
    CHECK(second.resumed());
    CHECK(second.body == agent_id);
}

TEST_CASE("a parked request over TLS beats, is answered, and tells when the peer vanishes") {
    Authority authority;
    ServerOptions options;
    options.tick = 5ms;
    options.beat = 20ms;
    Fixture fixture(options, authority.streams());
    const Authority::Agent agent = authority.agent();
    const auto context = client_context(&agent);
    TlsClient client(fixture.agent.port, context.get());
    client.send(post("/agent-poll", "{}"));
    CHECK(client.read_until("\r\n1\r\n\n\r\n1\r\n\n\r\n").ends_with("1\r\n\n\r\n"));
    fixture.on_loop([&] { fixture.parked.at(0).send(Response::json(200, "{\"a\":1}")); });
    CHECK(client.read_until("0\r\n\r\n").find("{\"a\":1}") != std::string::npos);

    bool gone = false;
    client.send(post("/agent-poll", "{}"));
    CHECK(fixture.eventually([&] { return fixture.parked.size() == 2; }));
    fixture.on_loop([&] { fixture.parked[1].when_gone([&](Gone why) { gone = why == Gone::peer; }); });
    client.vanish();
    CHECK(fixture.eventually([&] { return gone; }));
}

TEST_CASE("bodies and files pass through TLS unchanged") {
    Authority authority;
    Fixture fixture({}, make_plain_streams());
    const auto streams = authority.streams();
    fixture.on_loop([&] { fixture.user = fixture.server->listen(Port::user, {"127.0.0.1", 0}, streams).value(); });
    const auto context = client_context(nullptr);
    TlsClient client(fixture.user.port, context.get());
    REQUIRE(client.connected());
    std::string bytes;
    for (std::uint64_t i = 0; i < 3'000'000; ++i) bytes += PatternFile::at(i);
    CHECK(client.status(post("/large-echo", bytes)) == 200);
    CHECK(client.body == bytes);
    CHECK(client.status(get("/file/3000000")) == 200);
    CHECK(client.body == bytes);
    CHECK(client.status(get("/healthz")) == 200);
}

TEST_CASE("200 agents that connect at once all get through, a few at a time") {
    Authority authority;
    ServerOptions options;
    options.handshakes_max = 8;
    options.handshakes_per_address_max = 4;
    Fixture fixture(options, authority.streams());
    const Authority::Agent agent = authority.agent();
    const auto context = client_context(&agent);
    std::atomic<int> served = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            std::vector<TlsClient> clients;
            for (int j = 0; j < 25; ++j) clients.emplace_back(fixture.agent.port, context.get());
            for (TlsClient& client : clients)
                if (client.status(get("/who")) == 200) ++served;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(served == 200);
}

TEST_CASE("lines that begin no handshake are closed and do not keep others out") {
    Authority authority;
    ServerOptions options;
    options.tick = 5ms;
    options.handshake = 100ms;
    options.handshakes_max = 4;
    options.handshakes_per_address_max = 2;
    Fixture fixture(options, authority.streams());
    std::vector<Client> silent;
    for (int i = 0; i < 20; ++i) silent.emplace_back(fixture.agent.port);
    const auto context = client_context(nullptr);
    TlsClient client(fixture.agent.port, context.get());
    CHECK(client.status(post("/enroll", "{}")) == 200);
    for (Client& one : silent) CHECK(one.sees_end());
}

TEST_CASE("closing an agent closes its lines, also parked ones, and no other's") {
    Authority authority;
    Fixture fixture({}, authority.streams());
    const Authority::Agent agent = authority.agent();
    const Authority::Agent other = authority.agent("0190a3c2-7b1e-7000-8000-000000000002");
    const auto context = client_context(&agent);
    const auto other_context = client_context(&other);
    TlsClient parked(fixture.agent.port, context.get());
    TlsClient stays(fixture.agent.port, other_context.get());
    CHECK(stays.status(get("/who")) == 200);
    parked.send(post("/agent-poll", "{}"));
    CHECK(fixture.eventually([&] { return fixture.parked.size() == 1; }));
    fixture.on_loop([&] { fixture.server->close_agent(agent_id); });
    CHECK_FALSE(parked.more());
    CHECK(stays.status(get("/who")) == 200);
}
