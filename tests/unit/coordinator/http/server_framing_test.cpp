#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "tests/unit/coordinator/http/server_fixture.h"

using namespace slipway;
using namespace slipway::http;
using namespace slipway::http::test;

TEST_CASE("requests on one connection are answered in order, also when they come at once") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(get("/healthz") + post("/echo", "abc") + post("/late", "") + get("/second"));
    CHECK(client.answer().value().body == "handled GET");
    CHECK(client.answer().value().body == "abc");
    CHECK(client.answer().value().body == "late");
    CHECK(client.answer().value().body == "handled GET");
}

TEST_CASE("a request that comes byte by byte is the same request") {
    Fixture fixture;
    Client client = fixture.connect();
    for (const char c : post("/echo", "hello")) client.send(std::string(1, c));
    CHECK(client.answer().value().body == "hello");
    const std::string chunked =
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n";
    for (const char c : chunked) client.send(std::string(1, c));
    CHECK(client.answer().value().body == "hello");
}

TEST_CASE("every answer says when, what length, which request, and keeps browsers strict") {
    Fixture fixture;
    const Answer answer = fixture.ask(get("/healthz"));
    CHECK(answer.status == 200);
    CHECK(from_http_date(answer.field("Date")));
    CHECK(answer.field("Content-Length") == "11");
    CHECK_FALSE(answer.field("X-Request-Id").empty());
    CHECK(answer.field("X-Content-Type-Options") == "nosniff");
    CHECK(answer.field("Cache-Control") == "no-store");
    CHECK(answer.field("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'");
    CHECK(answer.field("X-Request-Id") != fixture.ask(get("/healthz")).field("X-Request-Id"));
}

TEST_CASE("HEAD has GET's header and no body") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("HEAD /file/1000 HTTP/1.1\r\nHost: h\r\n\r\n" + get("/second"));
    const Answer head = client.answer(true).value();
    CHECK(head.status == 200);
    CHECK(head.field("Content-Length") == "1000");
    CHECK(client.answer().value().body == "handled GET");
}

TEST_CASE("what could be read in two ways gets 400 and the connection ends, nothing behind it is executed") {
    Fixture fixture;
    const std::string smuggled = get("/second");
    const auto with = [](std::string_view fields, std::string_view body) {
        return "POST /echo HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(body);
    };
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    const std::vector<std::string> bad = {
        with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        with("Content-Length: 3\r\nContent-Length: 5\r\n", "abc"),
        with("Content-Length: +3\r\n", "abc"),
        with("Content-Length: 0x3\r\n", "abc"),
        with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        with("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        with("X-A: b\r\n  folded\r\n", ""),
        with("X-A : b\r\n", ""),
        with("X-A: b\n", ""),
        with(chunked, "10000000000000000\r\nabc\r\n0\r\n\r\n"),
        with(chunked, "fffffffffffffffff\r\nabc"),
        with(chunked, "-1\r\nabc\r\n0\r\n\r\n"),
        with(chunked, "+3\r\nabc\r\n0\r\n\r\n"),
        with(chunked, "0x3\r\nabc\r\n0\r\n\r\n"),
        with(chunked, "3 \r\nabc\r\n0\r\n\r\n"),
        with(chunked, " 3\r\nabc\r\n0\r\n\r\n"),
        with(chunked, "3\nabc\r\n0\r\n\r\n"),
        with(chunked, "3\r\nabcd\r\n0\r\n\r\n"),
        with(chunked, "3\r\nabc\n0\r\n\r\n"),
        with(chunked, "3;x=y\r\nabc\r\n0\r\n\r\n"),
        with(chunked, "0;x=y\r\n\r\n"),
        with(chunked, "3;" + std::string(1024 * 1024, 'x') + "\r\nabc\r\n0\r\n\r\n"),
        with(chunked, "3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"),
        with(chunked, "\r\n3\r\nabc\r\n0\r\n\r\n"),
    };
    for (const std::string& request : bad) {
        INFO(request.substr(0, 120));
        Client client = fixture.connect();
        client.send(request + smuggled);
        const auto answer = client.answer();
        REQUIRE(answer);
        CHECK(answer->status == 400);
        CHECK(answer->field("Connection") == "close");
        CHECK(answer->field("Content-Type") == "application/problem+json");
        CHECK(client.sees_end());
    }
    CHECK(fixture.handled == 0);
}

TEST_CASE("GET with a body is refused and what is in the body is not executed") {
    Fixture fixture;
    Client client = fixture.connect();
    const std::string inner = get("/second");
    client.send(get("/healthz", "Content-Length: " + std::to_string(inner.size()) + "\r\n") + inner);
    CHECK(client.answer().value().status == 413);
    CHECK(client.sees_end());
    CHECK(fixture.handled == 0);
}

TEST_CASE("an answer before the end of the body ends the connection, the rest is not executed") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("PATCH /refused-upload HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + get("/second"));
    const Answer answer = client.answer().value();
    CHECK(answer.status == 409);
    CHECK(answer.body.find("\"reason\":\"log_sealed\"") != std::string::npos);
    CHECK(answer.field("Connection") == "close");
    CHECK(client.sees_end());
    CHECK(fixture.handled == 0);
}

TEST_CASE("a refusal reaches a peer that goes on sending") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
    CHECK(client.answer().value().status == 413);
    CHECK(client.sees_end());
}

TEST_CASE("a body may have its route's limit and not one byte more, with a length or without") {
    Fixture fixture;
    const std::string fits(1000, 'x');
    const auto chunked = [](std::size_t size) {
        std::string out = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (std::size_t i = 0; i < size; ++i) out += "1\r\nx\r\n";
        return out + "0\r\n\r\n";
    };
    CHECK(fixture.ask(post("/echo", fits)).body == fits);
    CHECK(fixture.ask(post("/echo", fits + "x")).status == 413);
    CHECK(fixture.ask(chunked(1000)).body == fits);
    CHECK(fixture.ask(chunked(1001)).status == 413);
}

TEST_CASE("a chunked body without end stops at the limit") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("POST /large-echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    for (int i = 0; i < 70; ++i) client.send(chunk);
    CHECK(client.answer().value().status == 413);
    CHECK(client.sees_end());
    CHECK(fixture.handled == 0);
}

TEST_CASE("headers and addresses over their limits get 431 and 414") {
    Fixture fixture;
    const std::string long_field = "X-A: " + std::string(limits::request_header_bytes_max, 'x') + "\r\n";
    CHECK(fixture.ask(get("/healthz", long_field)).status == 431);
    CHECK(fixture.ask(get("/" + std::string(limits::request_target_bytes_max, 'x'))).status == 414);
    CHECK(fixture.ask(get("/" + std::string(100'000, 'x'))).status == 414);
    std::string many;
    for (int i = 0; i < 1'000; ++i) many += "A: b\r\n";
    CHECK(fixture.ask(get("/healthz", many)).status == 431);
    CHECK(fixture.handled == 0);
}

TEST_CASE("an encoded body is refused with 415") {
    Fixture fixture;
    CHECK(fixture.ask(post("/echo", "abc", "Content-Encoding: gzip\r\n")).status == 415);
    CHECK(fixture.ask(post("/echo", "abc", "Content-Encoding: identity\r\n")).status == 200);
}

TEST_CASE("Expect: 100-continue is answered when the body is wanted") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.answer().value().status == 100);
    client.send("abc");
    CHECK(client.answer().value().body == "abc");
}

TEST_CASE("Expect: 100-continue gets the refusal at once when the body is not wanted") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.answer().value().status == 413);
    CHECK(client.sees_end());
    CHECK(fixture.ask(post("/echo", "abc", "Expect: the-unexpected\r\n")).status == 417);
}

TEST_CASE("a path that could be read in two ways gets 400 and reaches no handler") {
    Fixture fixture;
    for (const std::string path : {"/../healthz", "//healthz", "/%2e%2e/healthz", "/healthz;x=", "/healthz.",
                                   "/healthz/", "/%68ealthz", "/health%00z", "/%c0%afhealthz", "/x%2fhealthz"}) {
        INFO(path);
        CHECK(fixture.ask(get(path)).status == 400);
    }
    CHECK(fixture.ask(get("/Healthz")).status == 404);
    CHECK(fixture.ask(get("/healthz.json")).status == 404);
    CHECK(fixture.handled == 0);
}

TEST_CASE("a wrong method gets 405 and Allow") {
    Fixture fixture;
    const Answer answer = fixture.ask(post("/healthz", ""));
    CHECK(answer.status == 405);
    CHECK(answer.field("Allow") == "GET, HEAD");
    CHECK(fixture.ask("BREW /healthz HTTP/1.1\r\nHost: h\r\n\r\n").status == 405);
    Client client = fixture.connect();
    client.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.answer(true).value().status == 405);
}

TEST_CASE("HTTP/1.0 and HTTP/2 are told which version to speak") {
    Fixture fixture;
    CHECK(fixture.ask("GET /healthz HTTP/1.0\r\nHost: h\r\n\r\n").status == 505);
    CHECK(fixture.ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status == 505);
}

TEST_CASE("Connection: close is heeded") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(get("/healthz", "Connection: close\r\n"));
    CHECK(client.answer().value().field("Connection") == "close");
    CHECK(client.sees_end());
}

TEST_CASE("a peer that stops sending after its request still gets its answer") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(post("/late", ""));
    client.stop_sending();
    CHECK(client.answer().value().body == "late");
    CHECK(client.sees_end());
}
