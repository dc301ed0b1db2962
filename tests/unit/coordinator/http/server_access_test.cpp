#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/coordinator/http/server_fixture.h"

using namespace slipway;
using namespace slipway::http;
using namespace slipway::http::test;

namespace {

std::string bearer(std::string_view token) { return "Authorization: Bearer " + std::string(token) + "\r\n"; }

}  // namespace

TEST_CASE("a route with a permission wants a token that has it") {
    Fixture fixture;
    CHECK(fixture.ask(get("/hello", bearer("viewer"))).body == "token:guest");
    CHECK(fixture.ask(get("/hello", bearer("late"))).body == "token:late");
    CHECK(fixture.handled == 2);

    const Answer none = fixture.ask(get("/hello"));
    CHECK(none.status == 401);
    CHECK(none.field("WWW-Authenticate") == "Bearer realm=\"slipway\"");
    CHECK(fixture.ask(get("/hello", bearer("wrong"))).status == 401);
    CHECK(fixture.ask(get("/hello", "Authorization: Basic dmlld2Vy\r\n")).status == 401);
    CHECK(fixture.ask(get("/hello", "Authorization: Bearer\r\n")).status == 401);
    const Answer away = fixture.ask(get("/hello", bearer("broken")));
    CHECK(away.status == 503);
    CHECK(away.field("Retry-After") == "2");

    const std::string manage = "DELETE /manage HTTP/1.1\r\nHost: h\r\n";
    const Answer refused = fixture.ask(manage + bearer("viewer") + "\r\n");
    CHECK(refused.status == 403);
    CHECK(refused.body.find("permission_denied") != std::string::npos);
    CHECK(fixture.handled == 2);
    CHECK(fixture.ask(manage + bearer("admin") + "\r\n").status == 200);
    CHECK(fixture.handled == 3);
}

TEST_CASE("a token is no credential on the agent port, and routes of the other port do not exist") {
    Fixture fixture;
    Client client(fixture.agent.port);
    client.send(get("/who", bearer("admin")));
    CHECK(client.answer().value().status == 401);
    client.send(get("/hello", bearer("admin")));
    CHECK(client.answer().value().status == 404);
    client.send(post("/enroll", "{}"));
    CHECK(client.answer().value().status == 200);
    CHECK(fixture.ask(post("/enroll", "{}")).status == 404);
}

TEST_CASE("a handler that forgets its reply answers 500") {
    Fixture fixture;
    CHECK(fixture.ask(post("/dropped", "")).status == 500);
}

TEST_CASE("an address of its own choosing opens while the server runs, and the old one closes") {
    Fixture fixture;
    Client before = fixture.connect();
    before.send(get("/healthz"));
    CHECK(before.answer().value().status == 200);
    const std::uint16_t old_port = fixture.user.port;
    fixture.on_loop([&] {
        fixture.user = fixture.server->listen(Port::user, {"127.0.0.1", 0}, make_plain_streams()).value();
    });
    CHECK(fixture.ask(get("/healthz")).status == 200);
    before.send(get("/healthz"));
    CHECK(before.answer().value().status == 200);
    CHECK(Client(old_port).sees_end());
}

TEST_CASE("an address that cannot be had leaves the old one open") {
    Fixture fixture;
    fixture.on_loop([&] {
        const auto refused =
            fixture.server->listen(Port::user, {"127.0.0.1", fixture.agent.port}, make_plain_streams());
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("cannot listen on 127.0.0.1:") != std::string::npos);
    });
    CHECK(fixture.ask(get("/healthz")).status == 200);
}

TEST_CASE("requests and connections are counted") {
    Fixture fixture;
    fixture.ask(get("/healthz"));
    fixture.ask(get("/nowhere"));
    CHECK(fixture.figure("slipway_http_requests_total{port=\"user\",status=\"2xx\"}") == 1);
    CHECK(fixture.figure("slipway_http_requests_total{port=\"user\",status=\"4xx\"}") == 1);
    CHECK(fixture.eventually([&] { return fixture.figure("slipway_http_connections{port=\"user\"}") == 0; }));
}
