#include "tests/unit/platform/net/fixtures.h"

using namespace slipway;
using namespace slipway::net;
using namespace slipway::net::tests;

namespace {

struct Fixture : Pki {
    /// One GET of a server that shows `leaf`; what the client said in the end, and how many requests got through.
    Result<Response> get(const crypto::Certificate& shown, TlsOptions tls, Duration moved = 0s) {
        const crypto::TlsServer context = server(shown);
        Server listener(context.context(), say_hello);
        Driver driver({.tls = std::move(tls)}, moved);
        auto response = driver.get(listener.url());
        requests = listener.seen().size();
        return response;
    }
    std::size_t requests = 0;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an authority is believed by its digest or by its certificate") {
    CHECK(get(leaf(), by_digest())->body == "hello");
    CHECK(get(leaf(), by_root())->body == "hello");
}

TEST_CASE_METHOD(Fixture, "an authority with another digest is refused before a byte of HTTP is sent") {
    const auto other = crypto::CertificateAuthority::create("test", now, random).value();
    const auto response = get(leaf(), {TrustDigest{other.certificate().digest()}, Dates::ignored, {}});
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::forbidden);
    CHECK(response.error().reason == "server_not_trusted");
    CHECK(response.error().message.find("not the coordinator that made the join token") != std::string::npos);
    CHECK(requests == 0);

    const auto by_other_root = get(leaf(), {TrustRoots{other.certificate().pem()}, Dates::ignored, {}});
    REQUIRE_FALSE(by_other_root);
    CHECK(by_other_root.error().reason == "server_not_trusted");
    CHECK(requests == 0);
    CHECK(get(leaf(), {TrustSystem{}, Dates::checked, {}}).error().reason == "server_not_trusted");
}

TEST_CASE_METHOD(Fixture, "showing the pinned authority beside a chain of another does not help") {
    const auto other = crypto::CertificateAuthority::create("test", now, random).value();
    const auto foreign = other.issue_server({server_key.public_key(), {"localhost"}, now}, random).value();
    const auto response = get(foreign, by_digest());  // followed by the pinned root, which did not sign it
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::forbidden);
    CHECK(requests == 0);
}

TEST_CASE_METHOD(Fixture, "a server that does not show its authority cannot be checked by digest") {
    const auto context =
        crypto::TlsServer::for_agents({{leaf()}, server_key}, {authority.certificate()}, clock).value();
    Server listener(context.context(), say_hello);
    Driver driver({.tls = by_digest()});
    CHECK(driver.get(listener.url()).error().reason == "server_not_trusted");
    CHECK(listener.seen().empty());
}

TEST_CASE_METHOD(Fixture, "a certificate for another name is refused before a byte of HTTP is sent") {
    for (const TlsOptions& tls : {by_digest(), by_root()}) {
        const auto response = get(leaf({"other.example", "127.0.0.2"}), tls);
        REQUIRE_FALSE(response);
        CHECK(response.error().code == Code::forbidden);
        CHECK(response.error().reason == "server_name_mismatch");
        CHECK(requests == 0);
    }
    const crypto::TlsServer context = server(leaf({"localhost"}));
    Server listener(context.context(), say_hello);
    Driver driver({.tls = by_digest()});
    CHECK(driver.get("https://127.0.0.1:" + std::to_string(listener.port()) + "/").error().reason ==
          "server_name_mismatch");
    const crypto::TlsServer by_address = server(leaf({"127.0.0.1"}));
    Server second(by_address.context(), say_hello);
    CHECK(driver.get("https://127.0.0.1:" + std::to_string(second.port()) + "/"));
}

TEST_CASE_METHOD(Fixture, "dates do not matter to an agent, and matter to everybody else by their own clock") {
    const auto expired = leaf({"localhost"}, 800 * 24h);
    CHECK(get(expired, by_digest()));
    CHECK(get(expired, by_root()));
    TlsOptions strict = by_root();
    strict.dates = Dates::checked;
    CHECK(get(leaf(), strict));
    CHECK(get(expired, strict).error().reason == "server_certificate_expired");
    CHECK(requests == 0);
    CHECK(get(leaf(), strict, 366 * 24h).error().reason == "server_certificate_expired");
    CHECK(get(leaf(), strict, -24h).error().reason == "server_certificate_not_yet_valid");
    CHECK(get(leaf(), by_root(), -10'000 * 24h));
}

TEST_CASE_METHOD(Fixture, "a client's certificate may not pose as a server") {
    const auto client = authority.issue_agent({server_key.public_key(), agent_id, now}, random).value();
    const auto response = get(client, by_digest());
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::forbidden);
    CHECK(requests == 0);
}

TEST_CASE_METHOD(Fixture, "the client shows its certificate, on a resumed session too") {
    const crypto::TlsServer context = server(leaf());
    std::mutex mutex;
    std::vector<std::optional<std::string>> ids;
    Server listener(context.context(), [&](Line& line, const Seen&) {
        const auto peer = crypto::tls_peer(line.ssl()).value();
        const std::lock_guard lock(mutex);
        ids.push_back(peer ? peer->agent_id() : std::nullopt);
        SSL_set_shutdown(line.ssl(), SSL_RECEIVED_SHUTDOWN);
        return line.write(answer(200, "", "Connection: close\r\n")) && false;
    });
    TlsOptions tls = by_root();
    tls.identity = agent(authority);
    Driver driver({.tls = tls});
    REQUIRE(driver.get(listener.url()));
    REQUIRE(driver.get(listener.url()));
    CHECK(listener.lines() == 2);
    CHECK_FALSE(listener.seen().at(0).resumed);
    CHECK(listener.seen().at(1).resumed);
    CHECK(ids == std::vector<std::optional<std::string>>{agent_id, agent_id});
}

TEST_CASE_METHOD(Fixture, "a server's alert becomes a sentence that says what to do") {
    const auto other = crypto::CertificateAuthority::create("other", now, random).value();
    const auto said = [&](const ClientIdentity& identity) {
        TlsOptions tls = by_root();
        tls.identity = identity;
        const auto response = get(leaf(), tls);
        REQUIRE_FALSE(response);
        INFO(response.error().message);
        CHECK(response.error().code == Code::unauthenticated);
        return response.error().reason;
    };
    CHECK(said(agent(other)) == "certificate_unknown_authority");
    CHECK(said(agent(authority, 500 * 24h)) == "certificate_expired");
    CHECK(said(agent(authority, -24h)) == "certificate_refused");
    TlsOptions lapsed = by_root();
    lapsed.identity = agent(authority, 60 * 24h);
    CHECK(get(leaf(), lapsed));
}

TEST_CASE_METHOD(Fixture, "trust and identity that cannot be read are refused when the client is made") {
    MovedClock moved;
    const auto loop = os::make_event_loop(moved).value();
    const auto refused = [&](const TlsOptions& tls) {
        const auto client = make_http_client(*loop, moved, {.tls = tls});
        return !client && client.error().code == Code::invalid;
    };
    CHECK(refused({TrustRoots{"nothing"}, Dates::ignored, {}}));
    CHECK(refused({TrustDigest{"abc"}, Dates::ignored, {}}));
    TlsOptions tls = by_root();
    tls.identity = agent(authority);
    CHECK_FALSE(refused(tls));
    tls.identity->key_pem = crypto::PrivateKey::generate()->pem()->view();
    CHECK(refused(tls));
    tls.identity->key_pem = "";
    CHECK(refused(tls));
    tls.identity->certificate_pem = "";
    CHECK(refused(tls));
}

TEST_CASE_METHOD(Fixture, "a plain server where TLS is expected is unavailable, not trusted") {
    Server plain(nullptr, say_hello, [](Line& line) { return line.write(answer(400, "")) && false; });
    Driver driver({.tls = by_root()});
    const auto response = driver.get("https://localhost:" + std::to_string(plain.port()) + "/");
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::unavailable);
}

TEST_CASE_METHOD(Fixture, "https goes through a proxy by CONNECT, with Basic authentication") {
    const crypto::TlsServer context = server(leaf());
    std::mutex mutex;
    std::string connect;
    Server proxy(context.context(), say_hello, [&](Line& line) {
        std::string head;
        if (!line.read_until("\r\n\r\n", head)) return false;
        const std::lock_guard lock(mutex);
        connect = head;
        const bool known = head.find("Proxy-Authorization: Basic bWU6cDp3\r\n") != std::string::npos;
        return line.write(known ? "HTTP/1.1 200 X\r\n\r\n"
                                : "HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n") &&
               known;
    });
    const std::string address = "localhost:" + std::to_string(proxy.port());
    Driver driver({.tls = by_digest(), .proxy = {"", "http://me:p%3Aw@" + address, ""}});
    const auto response = driver.get("https://localhost:9/x");
    REQUIRE(response);
    CHECK(response->body == "hello");
    CHECK(connect.starts_with("CONNECT localhost:9 HTTP/1.1\r\n"));
    CHECK(proxy.seen().at(0).head.find("Proxy-Authorization") == std::string::npos);

    Driver wrong({.tls = by_digest(), .proxy = {"", "http://me:wrong@" + address, ""}});
    const auto refused = wrong.get("https://localhost:9/x");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::forbidden);
    CHECK(refused.error().reason == "proxy_authentication");
    CHECK(refused.error().message.find("wrong") == std::string::npos);
}

TEST_CASE("plain http goes through its proxy with the whole URL") {
    Server proxy(nullptr, say_hello);
    Driver driver({.proxy = {"me:pw@127.0.0.1:" + std::to_string(proxy.port()), "", ""}});
    REQUIRE(driver.get("http://deploy.example/x?y"));
    CHECK(proxy.seen().at(0).target == "http://deploy.example/x?y");
    CHECK(proxy.seen().at(0).header("Proxy-Authorization") == "Basic bWU6cHc=");
}

TEST_CASE("a proxy of the environment is not used") {
    Server server(nullptr, say_hello);
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::setenv(name, "http://127.0.0.1:9", 1);
    Driver driver;
    const auto response = driver.get(server.url());
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
    CHECK(response);
}
