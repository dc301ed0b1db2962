#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/coordinator/http/server_fixture.h"

using namespace slipway;
using namespace slipway::http;
using namespace slipway::http::test;

namespace {

ServerOptions quick() {
    ServerOptions options;
    options.tick = 5ms;
    return options;
}

}  // namespace

TEST_CASE("a header that does not end gets 408 and the connection ends") {
    ServerOptions options = quick();
    options.header = 100ms;
    Fixture fixture(options);
    Client client = fixture.connect();
    client.send("GET /healthz HTTP/1.1\r\nHos");
    CHECK(client.answer().value().status == 408);
    CHECK(client.sees_end());
}

TEST_CASE("a connection that says nothing is closed without a word") {
    ServerOptions options = quick();
    options.header = 100ms;
    options.idle = 100ms;
    Fixture fixture(options);
    Client silent = fixture.connect();
    CHECK(silent.read_until("never").empty());
    Client once = fixture.connect();
    once.send(get("/healthz"));
    CHECK(once.answer().value().status == 200);
    CHECK(once.read_until("never").empty());
    CHECK(once.sees_end());
}

TEST_CASE("a body that comes too slowly gets 408") {
    ServerOptions options = quick();
    options.transfer_grace = 100ms;
    Fixture fixture(options);
    Client client = fixture.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(client.answer().value().status == 408);
    CHECK(client.sees_end());
    CHECK(fixture.handled == 0);
}

TEST_CASE("bytes earn time: a slow body that keeps the minimum rate gets through") {
    ServerOptions options = quick();
    options.transfer_grace = 2s;
    options.transfer_rate_min = 1;
    Fixture fixture(options);
    Client client = fixture.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n");
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(client.answer(false, 5ms));
        client.send("x");
    }
    CHECK(client.answer().value().body == std::string(20, 'x'));
}

TEST_CASE("a peer that does not read its answer is dropped") {
    ServerOptions options = quick();
    options.transfer_grace = 100ms;
    options.transfer_rate_min = 1'000'000'000;
    Fixture fixture(options);
    Client client = fixture.connect();
    client.send(get("/file/1000000000"));
    client.read_until("\r\n\r\n");
    CHECK(fixture.eventually([&] { return fixture.figure("slipway_http_connections{port=\"user\"}") == 0; }));
}

TEST_CASE("strangers of one address are limited, those who have authenticated are not") {
    ServerOptions options = quick();
    options.strangers_per_address_max = 3;
    Fixture fixture(options);
    const std::string hello = get("/hello", "Authorization: Bearer viewer\r\n");
    std::vector<Client> clients;
    for (int i = 0; i < 6; ++i) {
        clients.push_back(fixture.connect());
        clients.back().send(hello);
        CHECK(clients.back().answer().value().status == 200);
    }
    for (int i = 0; i < 3; ++i) {
        clients.push_back(fixture.connect());
        clients.back().send(get("/healthz"));
        CHECK(clients.back().answer().value().status == 200);
    }
    Client one_more = fixture.connect();
    one_more.send(get("/healthz"));
    CHECK(one_more.sees_end());
    clients.front().send(hello);
    CHECK(clients.front().answer().value().status == 200);
    clients.back().close();
    CHECK(fixture.eventually([&] {
        Client again = fixture.connect();
        return fixture.figure("slipway_http_connections{port=\"user\"}") <= 9;
    }));
}
