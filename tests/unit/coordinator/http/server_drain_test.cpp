#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/coordinator/http/server_fixture.h"

using namespace slipway;
using namespace slipway::http;
using namespace slipway::http::test;

namespace {

/// A server of its own, whose run() the test waits for.
struct Drained {
    Drained() {
        Router router;
        router.add({.method = Method::get,
                    .pattern = "/slow",
                    .port = Port::user,
                    .access = Access::open(),
                    .scope = Scope::none,
                    .query = QueryNames{},
                    .body_bytes_max = 0,
                    .handler = Plain{[this](const Request&, const Reply& given) {
                        reply = given;
                        began = true;
                    }}});
        router.add({.method = Method::get,
                    .pattern = "/poll",
                    .port = Port::user,
                    .access = Access::open(),
                    .scope = Scope::none,
                    .query = QueryNames{},
                    .body_bytes_max = 0,
                    .handler = Parked{[this](const Request&, const Reply& given) {
                        given.when_gone([given, this](Gone why) {
                            if (why == Gone::draining && answers) given.send(Response::json(200, "{\"empty\":true}"));
                        });
                        began = true;
                        if (!answers) reply = given;
                    }}});
        ServerOptions options;
        options.tick = 5ms;
        options.drain_answer = 50ms;
        server = make_server({clock, random, authenticator, metrics, logger, workers}, std::move(router), options);
        port = server->listen(Port::user, {"127.0.0.1", 0}, make_plain_streams()).value().port;
        thread = std::thread([this] {
            server->run();
            ended = true;
        });
    }
    ~Drained() {
        server->stop();
        if (thread.joinable()) thread.join();
    }
    bool wait_for(const std::atomic<bool>& flag) {
        const Steady end = clock.steady() + patience;
        while (!flag && clock.steady() < end) std::this_thread::yield();
        return flag;
    }

    os::SystemClock clock;
    os::SystemRandom random;
    FakeAuthenticator authenticator;
    Metrics metrics;
    LogLines lines;
    Logger logger{lines, clock, LogLevel::debug, LogFormat::text};
    Workers workers{1, 8};
    std::optional<Reply> reply;
    std::atomic<bool> began = false;
    std::atomic<bool> ended = false;
    bool answers = true;
    std::unique_ptr<Server> server;
    std::uint16_t port = 0;
    std::thread thread;
};

}  // namespace

TEST_CASE("a drain closes idle lines, refuses new ones, and lets a request finish") {
    Drained drained;
    Client idle(drained.port);
    Client busy(drained.port);
    busy.send(get("/slow"));
    CHECK(drained.wait_for(drained.began));
    drained.server->drain(60s);
    CHECK(idle.sees_end());
    CHECK(Client(drained.port).sees_end());
    CHECK_FALSE(drained.ended);
    drained.reply->send(Response::text(200, "text/plain", "done"));
    const Answer answer = busy.answer().value();
    CHECK(answer.body == "done");
    CHECK(answer.field("Connection") == "close");
    CHECK(drained.wait_for(drained.ended));
}

TEST_CASE("a drain lets parked handlers answer properly") {
    Drained drained;
    Client client(drained.port);
    client.send(get("/poll"));
    CHECK(drained.wait_for(drained.began));
    drained.server->drain(60s);
    CHECK(client.answer().value().body == "{\"empty\":true}");
    CHECK(drained.wait_for(drained.ended));
}

TEST_CASE("a parked handler that does not answer is answered for") {
    Drained drained;
    drained.answers = false;
    Client client(drained.port);
    client.send(get("/poll"));
    CHECK(drained.wait_for(drained.began));
    drained.server->drain(60s);
    CHECK(client.answer().value().status == 503);
    CHECK(drained.wait_for(drained.ended));
}

TEST_CASE("what is not finished at the end of the grace time is closed") {
    Drained drained;
    Client client(drained.port);
    client.send(get("/slow"));
    CHECK(drained.wait_for(drained.began));
    drained.server->drain(50ms);
    CHECK_FALSE(client.answer());
    CHECK(drained.wait_for(drained.ended));
    drained.reply->send(Response::empty());  // too late, and harmless
}
