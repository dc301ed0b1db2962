#pragma once

#include <optional>

#include <catch2/catch.hpp>

#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/tls.h"
#include "platform/net/http_client.h"
#include "platform/os/clock.h"
#include "platform/os/loop.h"
#include "tests/unit/platform/net/openssl_server.h"

namespace slipway::net::tests {

/// The machine's clock, its wall time moved.
class MovedClock final : public Clock {
public:
    Time wall() override { return real_.wall() + moved_; }
    Steady steady() override { return real_.steady(); }
    void move(Duration by) { moved_ = by; }

private:
    os::SystemClock real_;
    Duration moved_{0};
};

/// An authority, a server's certificate for localhost, an agent's for us.
struct Pki {
    os::SystemRandom random;
    os::SystemClock clock;
    Time now = clock.wall();
    crypto::CertificateAuthority authority = crypto::CertificateAuthority::create("test", now, random).value();
    crypto::PrivateKey server_key = crypto::PrivateKey::generate().value();
    crypto::PrivateKey agent_key = crypto::PrivateKey::generate().value();
    std::string agent_id = make_uuid7(now, random);

    crypto::TlsServer server(const crypto::Certificate& leaf) {
        return crypto::TlsServer::for_agents({{leaf, authority.certificate()}, server_key}, {authority.certificate()},
                                             clock)
            .value();
    }
    crypto::Certificate leaf(std::vector<std::string> names = {"localhost"}, Duration ago = 0s) {
        return authority.issue_server({server_key.public_key(), std::move(names), now - ago}, random).value();
    }
    ClientIdentity agent(const crypto::CertificateAuthority& issuer, Duration ago = 0s) {
        const auto certificate = issuer.issue_agent({agent_key.public_key(), agent_id, now - ago}, random).value();
        return {certificate.pem(), std::string(agent_key.pem()->view())};
    }
    TlsOptions by_digest() { return {TrustDigest{authority.certificate().digest()}, Dates::ignored, {}}; }
    TlsOptions by_root() { return {TrustRoots{authority.certificate().pem()}, Dates::ignored, {}}; }
};

/// A client on a loop, driven by the test.
struct Driver {
    explicit Driver(ClientOptions options = {}, Duration moved = 0s) {
        clock.move(moved);
        client = make_http_client(*loop, clock, std::move(options)).value();
    }

    /// Turns the loop until the condition holds; fails the test after ten seconds.
    template <typename Condition>
    void until(Condition condition) {
        const Steady deadline = clock.steady() + 10s;
        while (!condition()) {
            REQUIRE(clock.steady() < deadline);
            REQUIRE(loop->run_once(5ms));
        }
    }

    Result<Response> get(Request request) {
        std::optional<Result<Response>> end;
        Callbacks callbacks;
        callbacks.on_end = [&](Result<Response> result) { end = std::move(result); };
        const auto exchange = client->send(std::move(request), std::move(callbacks));
        until([&] { return end.has_value(); });
        return *end;
    }
    Result<Response> get(const std::string& url) {
        Request request;
        request.url = url;
        return get(std::move(request));
    }

    MovedClock clock;
    std::unique_ptr<os::EventLoop> loop = os::make_event_loop(clock).value();
    std::unique_ptr<HttpClient> client;
};

inline bool say_hello(Line& line, const Seen&) { return line.write(answer(200, "hello")); }

}  // namespace slipway::net::tests
