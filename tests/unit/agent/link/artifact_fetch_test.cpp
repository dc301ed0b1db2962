#include "agent/link/artifact_fetch.h"

#include <optional>

#include <catch2/catch.hpp>

#include "platform/crypto/sha256.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/os/memory/memory_files.h"
#include "tests/unit/agent/link/fake_client.h"

namespace slipway::link {
namespace {

using tests::FakeClient;
using tests::Sent;

struct QuietSink final : LogSink {
    void write(std::string_view) override {}
};

std::string bytes_of(std::size_t size, char first) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(first + static_cast<char>(i % 31));
    return bytes;
}

wire::OrderArtifact artifact(const std::string& bytes) {
    return {"alias", "name", "1", crypto::sha256(bytes), static_cast<std::int64_t>(bytes.size())};
}

net::Header range(std::size_t begin, std::size_t size) {
    return {"Content-Range",
            "bytes " + std::to_string(begin) + "-" + std::to_string(size - 1) + "/" + std::to_string(size)};
}

struct Fixture {
    explicit Fixture(std::uint64_t cache_bytes_max = 1u << 30) : bytes_max(cache_bytes_max) { start(); }

    /// As after a restart of the link: the folder stays.
    void start() {
        fetch.reset();
        cache = files.make_directories("/cache", 0700).value();
        fetch = std::make_unique<ArtifactFetch>(
            ArtifactFetch::Parts{loop, clock, random, logger, [this]() -> net::HttpClient& { return client; },
                                 [](std::string_view path) { return "https://localhost:8441" + std::string(path); }},
            FetchOptions{bytes_max});
        REQUIRE(fetch->open(*cache));
    }
    void ask(const std::string& attempt, const std::vector<wire::OrderArtifact>& artifacts) {
        fetch->fetch(attempt, artifacts, [this, attempt](Result<> result) {
            CHECK_FALSE(ends.contains(attempt));
            ends.emplace(attempt, std::move(result));
        });
        loop.run_ready();
    }
    /// The next request that nobody answered yet.
    std::shared_ptr<Sent> next() {
        loop.run_ready();
        while (!sent.empty() && !sent.front()->live) sent.pop_front();
        REQUIRE_FALSE(sent.empty());
        const auto first = sent.front();
        sent.pop_front();
        return first;
    }
    void serve(const std::string& bytes) {
        next()->answer(200, bytes);
        loop.run_ready();
    }
    bool in_cache(const std::string& bytes) {
        const auto found = os::read_whole(*cache, crypto::sha256(bytes), 1u << 24).value();
        return found == bytes;
    }
    std::size_t files_in_cache() { return cache->list(100).value().size(); }

    os::ManualClock clock;
    os::ManualLoop loop{clock};
    os::MemoryFiles files{clock};
    os::SystemRandom random;
    QuietSink sink;
    Logger logger{sink, clock, LogLevel::error, LogFormat::text};
    std::deque<std::shared_ptr<Sent>> sent;
    FakeClient client{sent};
    std::uint64_t bytes_max;
    std::unique_ptr<os::Directory> cache;
    std::map<std::string, Result<>> ends;
    std::unique_ptr<ArtifactFetch> fetch;
};

}  // namespace

TEST_CASE("a blob is verified before it has its name, and comes once for all attempts") {
    Fixture host;
    const std::string bytes = bytes_of(700'000, 'a');
    host.ask("one", {artifact(bytes)});
    host.ask("two", {artifact(bytes)});
    const auto request = host.next();
    CHECK(request->request.url == "https://localhost:8441/agent/v1/blobs/" + crypto::sha256(bytes));
    CHECK(request->request.channel == net::Channel::artifact);
    CHECK(host.sent.empty());
    request->answer(200, bytes);
    host.loop.run_ready();
    CHECK(host.ends.at("one").has_value());
    CHECK(host.ends.at("two").has_value());
    CHECK(host.in_cache(bytes));
    CHECK(host.files_in_cache() == 1);
    host.ask("three", {artifact(bytes)});
    CHECK(host.ends.at("three").has_value());
    CHECK(host.sent.empty());
}

TEST_CASE("a transfer whose line breaks after the last byte is complete") {
    Fixture host;
    const std::string bytes = bytes_of(600'000, 'b');
    host.ask("one", {artifact(bytes)});
    host.next()->break_after(bytes);
    host.loop.run_for(1min);
    CHECK(host.sent.empty());
    CHECK(host.ends.at("one").has_value());
    CHECK(host.in_cache(bytes));
}

TEST_CASE("a broken transfer goes on where it stopped") {
    Fixture host;
    const std::string bytes = bytes_of(600'000, 'b');
    host.ask("one", {artifact(bytes)});
    host.next()->break_after(bytes.substr(0, 400'000));
    host.loop.run_for(1min);
    SECTION("with a server that knows ranges") {
        const auto again = host.next();
        CHECK(again->header("Range") == "bytes=400000-");
        again->answer(206, bytes.substr(400'000), {range(400'000, bytes.size())});
    }
    SECTION("with a server that begins at the beginning") { host.next()->answer(200, bytes); }
    SECTION("with a server that gives another range") {
        host.next()->answer(206, bytes.substr(5), {range(5, bytes.size())});
        host.loop.run_for(1min);
        const auto again = host.next();
        CHECK(again->header("Range").empty());
        again->answer(200, bytes);
    }
    SECTION("after a restart of the link") {
        host.start();
        host.ends.clear();
        host.ask("one", {artifact(bytes)});
        const auto again = host.next();
        CHECK(again->header("Range") == "bytes=400000-");
        again->answer(206, bytes.substr(400'000), {range(400'000, bytes.size())});
    }
    host.loop.run_ready();
    REQUIRE(host.ends.at("one").has_value());
    CHECK(host.in_cache(bytes));
}

TEST_CASE("a blob that was whole before a crash is not asked for again") {
    Fixture host;
    const std::string bytes = bytes_of(300'000, 'c');
    REQUIRE(os::replace_whole(*host.cache, ".part-" + crypto::sha256(bytes), bytes));
    host.start();
    host.ask("one", {artifact(bytes)});
    CHECK(host.ends.at("one").has_value());
    CHECK(host.sent.empty());
    CHECK(host.in_cache(bytes));
}

TEST_CASE("bytes that do not fit are asked for once more from the beginning, then they are artifact_corrupt") {
    Fixture host;
    const std::string bytes = bytes_of(300'000, 'd');
    std::string damaged = bytes;
    damaged[123'456] ^= 1;
    host.ask("one", {artifact(bytes)});
    host.serve(damaged);
    CHECK_FALSE(host.ends.contains("one"));
    SECTION("the second time they fit") {
        host.serve(bytes);
        REQUIRE(host.ends.at("one").has_value());
        CHECK(host.in_cache(bytes));
    }
    SECTION("twice") {
        const auto again = host.next();
        CHECK(again->header("Range").empty());
        again->answer(200, damaged);
        host.loop.run_ready();
        REQUIRE_FALSE(host.ends.at("one").has_value());
        CHECK(host.ends.at("one").error().reason == "artifact_corrupt");
        CHECK(host.files_in_cache() == 0);
    }
    SECTION("more bytes than the order says") {
        host.serve(bytes + "x");
        REQUIRE_FALSE(host.ends.at("one").has_value());
        CHECK(host.ends.at("one").error().reason == "artifact_corrupt");
    }
}

TEST_CASE("a blob that the coordinator has no more is artifact_missing") {
    Fixture host;
    host.ask("one", {artifact("some bytes")});
    host.next()->answer(404, "{}");
    host.loop.run_ready();
    REQUIRE_FALSE(host.ends.at("one").has_value());
    CHECK(host.ends.at("one").error().reason == "artifact_missing");
    CHECK(host.files_in_cache() == 0);
}

TEST_CASE("what the network or the coordinator cannot do now is waited out") {
    Fixture host;
    const std::string bytes = bytes_of(1000, 'e');
    host.ask("one", {artifact(bytes)});
    for (int i = 0; i < 20; ++i) {
        const auto request = host.next();
        i % 2 == 0 ? request->fail(Error{Code::unavailable, "no route"})
                   : request->answer(503, "later", {{"Retry-After", "7"}});
        host.loop.run_for(2min);
    }
    host.serve(bytes);
    CHECK(host.ends.at("one").has_value());
}

TEST_CASE("what was used longest ago goes first, and never what an attempt needs") {
    Fixture host(250'000);
    const std::string a = bytes_of(100'000, 'a');
    const std::string b = bytes_of(100'000, 'b');
    const std::string c = bytes_of(100'000, 'c');
    for (const std::string& bytes : {a, b}) {
        host.ask("first", {artifact(bytes)});
        host.serve(bytes);
        host.ends.clear();
        host.fetch->release("first");
        host.clock.advance(1s);
    }
    host.ask("uses a", {artifact(a)});
    host.clock.advance(1s);
    SECTION("the oldest that nobody needs") {
        host.fetch->release("uses a");
        host.ask("wants c", {artifact(c)});
        host.serve(c);
        CHECK(host.in_cache(a));
        CHECK_FALSE(host.in_cache(b));
        CHECK(host.in_cache(c));
    }
    SECTION("the order of use survives a restart") {
        host.start();
        host.ask("wants c", {artifact(c)});
        host.serve(c);
        CHECK(host.in_cache(a));
        CHECK_FALSE(host.in_cache(b));
    }
    SECTION("what is needed may pass the bound until it is released") {
        host.ask("wants b", {artifact(b)});
        host.ask("wants c", {artifact(c)});
        host.serve(c);
        CHECK(host.in_cache(a));
        CHECK(host.in_cache(b));
        CHECK(host.in_cache(c));
        host.fetch->release("wants b");
        CHECK_FALSE(host.in_cache(b));
        CHECK(host.in_cache(a));
    }
    SECTION("what was kept after a restart stays") {
        host.start();
        host.fetch->keep("restarted", {artifact(b)});
        host.ask("wants c", {artifact(c)});
        host.serve(c);
        CHECK(host.in_cache(b));
        CHECK_FALSE(host.in_cache(a));
    }
}

TEST_CASE("a full disk is told as disk_full") {
    Fixture host;
    const std::string bytes = bytes_of(500'000, 'f');
    SECTION("before the first byte") {
        host.files.set_free_bytes(1000);
        host.ask("one", {artifact(bytes)});
        host.loop.run_ready();
    }
    SECTION("on the way") {
        host.ask("one", {artifact(bytes)});
        const auto request = host.next();
        host.files.set_free_bytes(1000);
        request->answer(200, bytes);
        host.loop.run_ready();
    }
    REQUIRE_FALSE(host.ends.at("one").has_value());
    CHECK(host.ends.at("one").error().reason == "disk_full");
    CHECK(host.files_in_cache() == 0);
}

TEST_CASE("a released attempt hears nothing, and its transfer ends but leaves its part") {
    Fixture host;
    const std::string bytes = bytes_of(600'000, 'g');
    host.ask("one", {artifact(bytes)});
    const auto request = host.next();
    REQUIRE(request->callbacks.on_head);
    net::Response head;
    head.status = 200;
    request->callbacks.on_head(head);
    REQUIRE(request->callbacks.on_data(std::string_view(bytes).substr(0, 300'000)));
    host.fetch->release("one");
    CHECK_FALSE(request->live);
    host.loop.run_for(1min);
    CHECK(host.ends.empty());
    CHECK(host.sent.empty());
    host.ask("two", {artifact(bytes)});
    CHECK(host.next()->header("Range") == "bytes=300000-");
}

TEST_CASE("after a power cut in the middle a blob is never there with other bytes") {
    const std::string bytes = bytes_of(600'000, 'h');
    for (int stop = 0;; ++stop) {
        Fixture host;
        REQUIRE(host.files.open_directory("/").value()->sync());
        int operations = 0;
        bool cut = false;
        host.files.on_operation([&](std::string_view, const std::string&) -> std::optional<Error> {
            if (cut || operations++ == stop) {
                cut = true;
                return Error{Code::io, "the power is gone"};
            }
            return std::nullopt;
        });
        host.ask("one", {artifact(bytes)});
        host.loop.run_ready();
        if (!host.sent.empty()) host.serve(bytes);
        const bool done = host.ends.contains("one") && host.ends.at("one").has_value();
        host.fetch.reset();
        host.files.on_operation(nullptr);
        host.files.power_cut(host.random);
        host.cache = host.files.make_directories("/cache", 0700).value();
        INFO("power cut at operation " << stop);
        const auto found = os::read_whole(*host.cache, crypto::sha256(bytes), 1u << 24).value();
        if (found) CHECK(*found == bytes);
        if (done) CHECK(found.has_value());
        if (!cut) break;
        REQUIRE(stop < 1000);
    }
}

}  // namespace slipway::link
