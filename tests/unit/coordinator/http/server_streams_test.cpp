#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/coordinator/http/server_fixture.h"

using namespace slipway;
using namespace slipway::http;
using namespace slipway::http::test;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

std::string part_of_pattern(std::uint64_t first, std::uint64_t length) {
    std::string bytes;
    for (std::uint64_t i = 0; i < length; ++i) bytes += PatternFile::at(first + i);
    return bytes;
}

ServerOptions beats_every(Duration beat) {
    ServerOptions options;
    options.tick = 5ms;
    options.beat = beat;
    options.comment = beat;
    return options;
}

}  // namespace

TEST_CASE("64 MiB are uploaded in pieces of at most 256 KiB") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("PATCH /upload HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(64 * megabyte) + "\r\n\r\n");
    const std::string piece(megabyte, 'x');
    for (int i = 0; i < 64; ++i) client.send(piece);
    CHECK(client.answer().value().body == std::to_string(64 * megabyte));
    CHECK(fixture.largest_piece <= 256 * 1024);
    client.send(get("/healthz"));
    CHECK(client.answer().value().status == 200);
}

TEST_CASE("a chunked upload is cut into the same pieces") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send("PATCH /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "100000\r\n" + std::string(megabyte, 'x') + "\r\n";
    for (int i = 0; i < 4; ++i) client.send(chunk);
    client.send("0\r\n\r\n" + get("/healthz"));
    CHECK(client.answer().value().body == std::to_string(4 * megabyte));
    CHECK(fixture.largest_piece <= 256 * 1024);
    CHECK(client.answer().value().status == 200);
}

TEST_CASE("an upload that breaks off hands over what had come, then says so") {
    Fixture fixture;
    {
        Client client = fixture.connect();
        client.send("PATCH /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(70'000, 'x'));
    }
    CHECK(fixture.eventually([&] { return fixture.upload_error.has_value(); }));
    CHECK(fixture.upload_error->code == Code::canceled);
    CHECK(fixture.uploaded == 70'000);
}

TEST_CASE("a file leaves whole or in part, byte for byte") {
    Fixture fixture;
    CHECK(fixture.ask(get("/file/1000000")).body == part_of_pattern(0, 1'000'000));
    CHECK(fixture.ask(get("/file/0")).body.empty());
    const Answer part = fixture.ask(get("/file/99000000000", "Range: bytes=98999999000-98999999999\r\n"));
    CHECK(part.status == 206);
    CHECK(part.field("Content-Range") == "bytes 98999999000-98999999999/99000000000");
    CHECK(part.body == part_of_pattern(98'999'999'000, 1'000));
    CHECK(fixture.ask(get("/file/1000", "Range: bytes=-10\r\n")).body == part_of_pattern(990, 10));
    CHECK(fixture.ask(get("/file/1000", "Range: bytes=1000-\r\n")).status == 416);
    CHECK(fixture.ask(get("/file/1000", "Range: bytes=0-0,5-9\r\n")).status == 416);
    CHECK(fixture.ask(get("/file/1000", "If-None-Match: \"v1\"\r\n")).status == 304);
}

TEST_CASE("a file that is shorter than promised ends the connection instead of pretending") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(get("/short-file"));
    CHECK_FALSE(client.answer());
    CHECK(client.sees_end());
    CHECK(fixture.lines.has("a file could not be sent to its end"));
}

TEST_CASE("a parked request that is answered before the first beat gets a plain answer") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(post("/poll", "{}"));
    CHECK(fixture.eventually([&] { return fixture.parked.size() == 1; }));
    CHECK(fixture.figure("slipway_http_parked_requests{port=\"user\"}") == 1);
    fixture.on_loop([&] { fixture.parked[0].send(Response::json(200, "{\"orders\":[]}")); });
    const Answer answer = client.answer().value();
    CHECK(answer.field("Content-Length") == "13");
    CHECK(answer.body == "{\"orders\":[]}");
    client.send(get("/healthz"));
    CHECK(client.answer().value().status == 200);
    CHECK(fixture.gone.empty());
    CHECK(fixture.figure("slipway_http_parked_requests{port=\"user\"}") == 0);
}

TEST_CASE("a parked request beats, and its answer follows under the status that is out") {
    Fixture fixture(beats_every(20ms));
    Client client = fixture.connect();
    client.send(post("/poll", "{}"));
    const std::string begin = client.read_until("\r\n1\r\n\n\r\n1\r\n\n\r\n");
    CHECK(begin.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(begin.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(begin.find("Content-Length") == std::string::npos);
    std::thread([&] { fixture.on_loop([&] { fixture.parked[0].send(Response::json(200, "{\"a\":1}")); }); }).join();
    CHECK(client.read_until("0\r\n\r\n").find("7\r\n{\"a\":1}\r\n") != std::string::npos);
    client.send(get("/healthz"));
    CHECK(client.answer().value().status == 200);
}

TEST_CASE("a refusal after the first beat is a field of the body") {
    Fixture fixture(beats_every(20ms));
    Client client = fixture.connect();
    client.send(post("/poll", "{}"));
    client.read_until("\r\n1\r\n\n\r\n");
    fixture.on_loop([&] {
        Response refusal = Response::problem(Error{Code::forbidden, "this agent was deleted", "agent_deleted"});
        refusal.late_text = "{\"problem\":{}}";
        fixture.parked[0].send(std::move(refusal));
    });
    const std::string end = client.read_until("0\r\n\r\n");
    CHECK(end.find("{\"problem\":{}}") != std::string::npos);
    CHECK(end.find("agent_deleted") == std::string::npos);
}

TEST_CASE("the handler learns that the peer of a parked request went away") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(post("/poll", "{}"));
    CHECK(fixture.eventually([&] { return fixture.parked.size() == 1; }));
    client.close();
    CHECK(fixture.eventually([&] { return fixture.gone == std::vector<Gone>{Gone::peer}; }));
    // An answer now goes nowhere and does no harm.
    fixture.on_loop([&] { fixture.parked[0].send(Response::json(200, "{}")); });
    CHECK(fixture.ask(get("/healthz")).status == 200);
}

TEST_CASE("a request that is sent while another is parked waits for its turn") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(post("/poll", "{}"));
    CHECK(fixture.eventually([&] { return fixture.parked.size() == 1; }));
    client.send(get("/healthz"));
    CHECK_FALSE(client.answer(false, 50ms));
    CHECK(fixture.handled == 0);
    fixture.on_loop([&] { fixture.parked[0].send(Response::json(200, "{}")); });
    CHECK(client.answer().value().body == "{}");
    CHECK(client.answer().value().body == "handled GET");
}

TEST_CASE("events arrive as they are pushed, comments keep the line awake") {
    Fixture fixture(beats_every(50ms));
    Client client = fixture.connect();
    client.send(get("/events", "Last-Event-ID: 41\r\n"));
    const std::string begin = client.read_until("data: first\n\n");
    CHECK(begin.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(begin.find("id: 41\nevent: hello\n") != std::string::npos);
    CHECK(client.read_until(":\n\n").ends_with(":\n\n"));
    fixture.on_loop([&] { CHECK(fixture.streams[0].push({"42", "", "second"}) == EventStream::Push::taken); });
    CHECK(client.read_until("id: 42\ndata: second\n\n").ends_with("second\n\n"));
    fixture.on_loop([&] { fixture.streams[0].close(); });
    CHECK(client.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"));
    client.send(get("/healthz"));
    CHECK(client.answer().value().status == 200);
}

TEST_CASE("an event route may refuse like any other") {
    Fixture fixture;
    CHECK(fixture.ask(get("/events", "Last-Event-ID: refused\r\n")).status == 404);
}

TEST_CASE("events for a peer that does not read are buffered up to the limit, and no further") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(get("/events"));
    client.read_until("data: first\n\n");
    const Event event{"", "", std::string(100'000, 'x')};
    bool drained = false;
    bool full = false;
    // The kernel's own buffers fill first.
    CHECK(fixture.eventually([&] {
        full = fixture.streams[0].push(event) == EventStream::Push::full;
        return full;
    }));
    fixture.on_loop([&] { fixture.streams[0].when_drained([&] { drained = true; }); });
    CHECK_FALSE(drained);
    fixture.on_loop([&] {
        EventStream::Push last = EventStream::Push::full;
        for (int i = 0; i < 10 && last == EventStream::Push::full; ++i) last = fixture.streams[0].push(event);
        CHECK(last == EventStream::Push::gone);
    });
}

TEST_CASE("who waited for the buffer to drain is told when the peer has read") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(get("/events"));
    client.read_until("data: first\n\n");
    const Event event{"", "", std::string(100'000, 'x')};
    CHECK(fixture.eventually([&] { return fixture.streams[0].push(event) == EventStream::Push::full; }));
    bool drained = false;
    fixture.on_loop([&] {
        fixture.streams[0].when_drained([&] {
            drained = true;
            fixture.streams[0].push({"", "", "last one"});
        });
    });
    CHECK(client.read_until("data: last one\n\n").ends_with("last one\n\n"));
    CHECK(drained);
}

TEST_CASE("the pusher of events learns that the peer went away") {
    Fixture fixture;
    Client client = fixture.connect();
    client.send(get("/events"));
    client.read_until("data: first\n\n");
    client.close();
    CHECK(fixture.eventually([&] { return fixture.gone == std::vector<Gone>{Gone::peer}; }));
    fixture.on_loop([&] { CHECK(fixture.streams[0].push({"", "", "x"}) == EventStream::Push::gone); });
}
