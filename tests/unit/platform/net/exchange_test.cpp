#include <atomic>
#include <cstdlib>

#include "platform/base/limits.h"
#include "platform/net/fetch.h"
#include "tests/unit/platform/net/fixtures.h"

using namespace slipway;
using namespace slipway::net;
using namespace slipway::net::tests;

namespace {

/// Bytes that depend on their place, in pieces of at most 10,000.
class PatternSource final : public BodySource {
public:
    explicit PatternSource(std::uint64_t length, std::uint64_t breaks_at = ~0ull)
        : length_(length), breaks_at_(breaks_at) {}
    std::uint64_t length() const override { return length_; }
    Result<std::size_t> read(std::span<char> out) override {
        if (at_ >= breaks_at_) return fail(Code::corrupt, "the file changed");
        const auto count = std::min<std::uint64_t>({out.size(), 10'000, length_ - at_});
        for (std::size_t i = 0; i < count; ++i) out[i] = pattern(at_ + i);
        at_ += count;
        return count;
    }
    Result<> rewind() override {
        at_ = 0;
        return {};
    }
    static char pattern(std::uint64_t at) { return static_cast<char>('a' + at * 7 % 23); }
    static std::string text(std::uint64_t length) {
        std::string out;
        for (std::uint64_t i = 0; i < length; ++i) out += pattern(i);
        return out;
    }

private:
    std::uint64_t length_;
    std::uint64_t breaks_at_;
    std::uint64_t at_ = 0;
};

class EmptySource final : public BodySource {
public:
    std::uint64_t length() const override { return 10; }
    Result<std::size_t> read(std::span<char>) override { return 0; }
    Result<> rewind() override { return {}; }
};

Request request_of(Method method, std::string url, std::string body = {}) {
    Request request;
    request.method = method;
    request.url = std::move(url);
    request.body = std::move(body);
    return request;
}

}  // namespace

TEST_CASE("method, target, headers and body arrive, and so do status, headers and body of the answer") {
    Server server(nullptr, [](Line& line, const Seen& seen) {
        return line.write(answer(seen.method == "PUT" ? 201 : 404, seen.method == "HEAD" ? "" : "got " + seen.body,
                                 "X-Thing:  one two \r\n"));
    });
    Driver driver({.user_agent = "slipway-test/1"});
    Request request = request_of(Method::put, server.url("/a%20b?c=d"), "body");
    request.headers = {{"Upload-Offset", "7"}, {"X-Empty", ""}};
    const auto response = driver.get(std::move(request));
    REQUIRE(response);
    CHECK(response->status == 201);
    CHECK(response->body == "got body");
    CHECK(response->headers.get("x-thing") == "one two");
    const Seen seen = server.seen().at(0);
    CHECK(seen.method == "PUT");
    CHECK(seen.target == "/a%20b?c=d");
    CHECK(seen.body == "body");
    CHECK(seen.header("Upload-Offset") == "7");
    CHECK(seen.header("User-Agent") == "slipway-test/1");
    CHECK(seen.head.find("Expect") == std::string::npos);
    CHECK(seen.head.find("x-www-form-urlencoded") == std::string::npos);
    CHECK(driver.get(request_of(Method::get, server.url()))->status == 404);
    CHECK(driver.get(request_of(Method::post, server.url()))->body == "got ");
    CHECK(driver.get(request_of(Method::patch, server.url(), "p"))->body == "got p");
    CHECK(driver.get(request_of(Method::remove, server.url()))->body == "got ");
    CHECK(server.seen().back().method == "DELETE");
    CHECK(driver.get(request_of(Method::head, server.url()))->status == 404);
    CHECK(server.lines() == 1);  // one kept connection for all
}

TEST_CASE("requests that cannot be sent end with their reason, after send has returned") {
    Driver driver;
    const auto code = [&](Request request) { return driver.get(std::move(request)).error().code; };
    CHECK(code(request_of(Method::get, "not a url")) == Code::invalid);
    CHECK(code(request_of(Method::get, "https://localhost:1/", "body")) == Code::invalid);
    Request split = request_of(Method::get, "http://localhost:1/");
    split.headers = {{"X", "a\r\nHost: evil"}};
    CHECK(code(std::move(split)) == Code::invalid);
    bool called = false;
    Callbacks callbacks;
    callbacks.on_end = [&](Result<Response>) { called = true; };
    const auto exchange = driver.client->send(request_of(Method::get, "x"), std::move(callbacks));
    CHECK_FALSE(called);
    driver.until([&] { return called; });
}

TEST_CASE("a port where nobody listens is unavailable") {
    int port = 0;
    {
        const Server gone(nullptr, say_hello);
        port = gone.port();
    }
    Driver driver;
    const auto response = driver.get("http://127.0.0.1:" + std::to_string(port) + "/");
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::unavailable);
    CHECK(response.error().message.find("http://127.0.0.1:" + std::to_string(port) + ": cannot be reached") == 0);
}

TEST_CASE("control, log and artifact use separate connections") {
    Server server(nullptr, say_hello);
    Driver driver;
    for (int round = 0; round < 2; ++round)
        for (const Channel channel : {Channel::control, Channel::log, Channel::artifact}) {
            Request request = request_of(Method::get, server.url());
            request.channel = channel;
            CHECK(driver.get(std::move(request)));
        }
    CHECK(server.lines() == 3);
}

TEST_CASE("redirects are answers, not orders") {
    Server server(nullptr,
                  [](Line& line, const Seen&) { return line.write(answer(302, "", "Location: /elsewhere\r\n")); });
    Driver driver;
    CHECK(driver.get(server.url())->status == 302);
    CHECK(server.seen().size() == 1);
}

TEST_CASE("an answer one byte larger than its limit is refused, one of its size is not") {
    Server server(nullptr, [](Line& line, const Seen&) { return line.write(answer(200, std::string(1000, 'x'))); });
    Driver driver;
    Request request = request_of(Method::get, server.url());
    request.body_bytes_max = 1000;
    CHECK(driver.get(std::move(request))->body.size() == 1000);
    request = request_of(Method::get, server.url());
    request.body_bytes_max = 999;
    CHECK(driver.get(std::move(request)).error().code == Code::limit);
}

TEST_CASE("an answer whose header is over its limit is refused") {
    Server server(nullptr, [](Line& line, const Seen&) {
        std::string headers;
        for (std::size_t i = 0; i < limits::response_header_bytes_max / 1000 + 1; ++i)
            headers += "X: " + std::string(1000, 'x') + "\r\n";
        return line.write(answer(200, "", headers));
    });
    Driver driver;
    CHECK(driver.get(server.url()).error().code == Code::limit);
}

TEST_CASE("an answer that breaks off or is not HTTP is unavailable") {
    Server server(nullptr, [](Line& line, const Seen& seen) {
        if (seen.target == "/half") line.write("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf");
        if (seen.target == "/garbage") line.write("\x16\x03\x01 what?\r\n\r\n");
        return false;
    });
    Driver driver;
    for (const std::string target : {"/half", "/garbage", "/nothing"}) {
        const auto response = driver.get(server.url(target));
        REQUIRE_FALSE(response);
        CHECK(response.error().code == Code::unavailable);
    }
}

TEST_CASE("interim answers and fields behind a chunked body do not disturb") {
    Server server(nullptr, [](Line& line, const Seen&) {
        return line.write(
            "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
            "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n"
            "3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n");
    });
    Driver driver;
    const auto response = driver.get(server.url());
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == "abc");
    CHECK_FALSE(response->headers.get("X-Interim"));
    CHECK_FALSE(response->headers.get("X-Late"));
}

TEST_CASE("a silent line ends as timed out, also in the middle of an answer") {
    Server server(nullptr, [](Line& line, const Seen& seen) {
        if (seen.target == "/beat") line.write("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n");
        line.wait_for_end(10'000);
        return false;
    });
    Driver driver;
    for (const std::string target : {"/nothing", "/beat"}) {
        Request request = request_of(Method::get, server.url(target));
        request.timeouts.silence = 150ms;
        const Steady begin = driver.clock.steady();
        const auto response = driver.get(std::move(request));
        REQUIRE_FALSE(response);
        CHECK(response.error().code == Code::timed_out);
        CHECK(response.error().message.find("the line was silent for 150ms") != std::string::npos);
        CHECK(driver.clock.steady() - begin >= 150ms);
    }
}

TEST_CASE("a line that beats is not silent, however long the answer takes") {
    Server server(nullptr, [](Line& line, const Seen&) {
        line.write("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 10; ++i) {
            line.write("1\r\n\n\r\n");
            line.wait_for_end(60);
        }
        return line.write("2\r\n{}\r\n0\r\n\r\n");
    });
    Driver driver;
    Request request = request_of(Method::get, server.url());
    request.timeouts.silence = 300ms;
    const auto response = driver.get(std::move(request));
    REQUIRE(response);
    CHECK(response->body == std::string(10, '\n') + "{}");
}

TEST_CASE("a body that the line takes slowly is no silence") {
    constexpr int pieces = 96;
    constexpr std::size_t piece_bytes = 512 * 1024;
    Server server(nullptr, {}, [](Line& line) {
        std::string bytes;
        if (!line.read_until("\r\n\r\n", bytes)) return false;
        for (int i = 0; i < pieces; ++i) {
            ::poll(nullptr, 0, 20);
            if (!line.read_exactly(piece_bytes, bytes)) return false;
        }
        line.write(answer(200, "{}"));
        return false;
    });
    Driver driver;
    Request request = request_of(Method::post, server.url());
    request.body.assign(pieces * piece_bytes, 'x');
    request.timeouts.silence = 800ms;
    const Steady begin = driver.clock.steady();
    REQUIRE(driver.get(std::move(request)));
    CHECK(driver.clock.steady() - begin >= 1500ms);
}

TEST_CASE("a parked exchange wakes nobody") {
    Server server(nullptr, [](Line& line, const Seen&) { return !line.wait_for_end(10'000); });
    Driver driver;
    Callbacks callbacks;
    callbacks.on_end = [](Result<Response>) {};
    const auto exchange = driver.client->send(request_of(Method::get, server.url()), std::move(callbacks));
    driver.until([&] { return !server.seen().empty(); });
    const Steady settled = driver.clock.steady() + 200ms;
    driver.until([&] { return driver.clock.steady() > settled; });
    const Steady begin = driver.clock.steady();
    REQUIRE(driver.loop->run_once(600ms));  // returns early for any event or timer
    CHECK(driver.clock.steady() - begin >= 590ms);
}

TEST_CASE("the whole exchange has a time of its own") {
    Server server(nullptr, [](Line& line, const Seen&) { return !line.wait_for_end(10'000); });
    Driver driver;
    Request request = request_of(Method::get, server.url());
    request.timeouts.whole = 100ms;
    CHECK(driver.get(std::move(request)).error().code == Code::timed_out);
}

TEST_CASE("destroying an exchange cancels it: the server sees the end, no callback comes") {
    std::atomic<bool> ended = false;
    std::atomic<bool> arrived = false;
    Server server(nullptr, [&](Line& line, const Seen&) {
        arrived = true;
        ended = line.wait_for_end(10'000);
        return false;
    });
    Driver driver;
    bool called = false;
    Callbacks callbacks;
    callbacks.on_end = [&](Result<Response>) { called = true; };
    auto exchange = driver.client->send(request_of(Method::get, server.url()), std::move(callbacks));
    driver.until([&] { return arrived.load(); });
    exchange.reset();
    driver.until([&] { return ended.load(); });
    CHECK_FALSE(called);
}

TEST_CASE("an exchange may be destroyed inside each of its own callbacks, and others started there") {
    Server server(nullptr, say_hello);
    Driver driver;
    for (const std::string where : {"head", "data", "end"}) {
        std::unique_ptr<Exchange> first;
        std::unique_ptr<Exchange> second;
        bool second_ended = false;
        int ends = 0;
        const auto swap = [&](const std::string& here) {
            if (here != where) return;
            Callbacks callbacks;
            callbacks.on_end = [&](Result<Response> result) { second_ended = result.has_value(); };
            second = driver.client->send(request_of(Method::get, server.url("/second")), std::move(callbacks));
            first.reset();
        };
        Callbacks callbacks;
        callbacks.on_head = [&](const Response&) { swap("head"); };
        callbacks.on_data = [&](std::string_view) -> Result<Flow> {
            swap("data");
            return Flow::go_on;
        };
        callbacks.on_end = [&](Result<Response>) {
            ++ends;
            swap("end");
        };
        first = driver.client->send(request_of(Method::get, server.url("/first")), std::move(callbacks));
        driver.until([&] { return second_ended; });
        CHECK(ends == (where == "end" ? 1 : 0));
    }
}

TEST_CASE("an exchange may outlive its client, which ends without a callback") {
    Server server(nullptr, [](Line& line, const Seen&) { return !line.wait_for_end(10'000); });
    Driver driver;
    bool called = false;
    Callbacks callbacks;
    callbacks.on_end = [&](Result<Response>) { called = true; };
    const auto exchange = driver.client->send(request_of(Method::get, server.url()), std::move(callbacks));
    driver.until([&] { return !server.seen().empty(); });
    driver.client.reset();
    exchange->resume();
    REQUIRE(driver.loop->run_once(1ms));
    CHECK_FALSE(called);
}

TEST_CASE("a body is sent from a source, byte for byte") {
    Server server(nullptr, say_hello);
    Driver driver;
    Request request = request_of(Method::put, server.url());
    request.source = std::make_unique<PatternSource>(1'000'003);
    CHECK(driver.get(std::move(request))->status == 200);
    CHECK(server.seen().at(0).body == PatternSource::text(1'000'003));
    Request empty = request_of(Method::post, server.url());
    empty.source = std::make_unique<PatternSource>(0);
    CHECK(driver.get(std::move(empty))->status == 200);
    CHECK(server.seen().at(1).header("Content-Length") == "0");
}

TEST_CASE("a source that fails or ends early ends the exchange with its own error") {
    Server server(nullptr, say_hello);
    Driver driver;
    Request request = request_of(Method::put, server.url());
    request.source = std::make_unique<PatternSource>(1'000'000, 500'000);
    CHECK(driver.get(std::move(request)).error().code == Code::corrupt);
    Request early = request_of(Method::put, server.url());
    early.source = std::make_unique<EmptySource>();
    const auto response = driver.get(std::move(early));
    REQUIRE_FALSE(response);
    CHECK(response.error().message == "what is being sent ended 10 bytes before its length");
    CHECK(server.seen().empty());
}

TEST_CASE("a kept connection that died meanwhile costs nothing, a source starts again") {
    Server server(nullptr, [](Line& line, const Seen& seen) {
        line.write(answer(200, "hello"));
        return seen.target != "/last";
    });
    Driver driver;
    CHECK(driver.get(server.url("/last")));
    Request request = request_of(Method::put, server.url("/next"));
    request.source = std::make_unique<PatternSource>(100'000);
    const auto response = driver.get(std::move(request));
    REQUIRE(response);
    CHECK(server.seen().back().body == PatternSource::text(100'000));
}

TEST_CASE("a paused download holds the server back and goes on without losing a byte") {
    constexpr std::size_t size = 32 * 1024 * 1024;
    const std::string whole = answer(200, PatternSource::text(size));
    std::atomic<bool> written = false;
    Server server(nullptr, [&](Line& line, const Seen&) {
        const bool good = line.write(whole);
        written = true;
        return good;
    });
    Driver driver;
    std::uint64_t received = 0;
    bool right = true;
    int pauses = 0;
    std::optional<Result<Response>> end;
    Callbacks callbacks;
    callbacks.on_data = [&](std::string_view bytes) -> Result<Flow> {
        if (received >= static_cast<std::uint64_t>(pauses) * size / 4) {
            ++pauses;
            return Flow::pause;
        }
        for (const char c : bytes) right = right && c == PatternSource::pattern(received++);
        return Flow::go_on;
    };
    callbacks.on_end = [&](Result<Response> result) { end = std::move(result); };
    Request request = request_of(Method::get, server.url());
    request.timeouts.silence = 300ms;  // a pause of ours is no silence of the line
    const auto exchange = driver.client->send(std::move(request), std::move(callbacks));
    driver.until([&] { return pauses == 1; });
    const Steady later = driver.clock.steady() + 600ms;
    driver.until([&] { return driver.clock.steady() > later; });
    CHECK(received == 0);
    CHECK_FALSE(written);
    for (int resumed = 0; !end;) {
        if (resumed < pauses) {
            ++resumed;
            exchange->resume();
        }
        REQUIRE(driver.loop->run_once(5ms));
    }
    REQUIRE(*end);
    CHECK(right);
    CHECK(received == size);
    CHECK(pauses == 4);
}

TEST_CASE("an error of the receiver ends the exchange with it") {
    Server server(nullptr, say_hello);
    Driver driver;
    std::optional<Result<Response>> end;
    Callbacks callbacks;
    callbacks.on_data = [](std::string_view) -> Result<Flow> { return fail(Code::disk_full, "no room"); };
    callbacks.on_end = [&](Result<Response> result) { end = std::move(result); };
    const auto exchange = driver.client->send(request_of(Method::get, server.url()), std::move(callbacks));
    driver.until([&] { return end.has_value(); });
    CHECK(end->error().code == Code::disk_full);
}

TEST_CASE("many exchanges at once all come to their end") {
    Server server(nullptr, [](Line& line, const Seen& seen) { return line.write(answer(200, seen.target)); });
    Driver driver;
    std::vector<std::unique_ptr<Exchange>> exchanges;
    int right = 0;
    for (int i = 0; i < 50; ++i) {
        const std::string target = "/" + std::to_string(i);
        Callbacks callbacks;
        callbacks.on_end = [&right, target](Result<Response> result) { right += result && result->body == target; };
        exchanges.push_back(driver.client->send(request_of(Method::get, server.url(target)), std::move(callbacks)));
    }
    driver.until([&] { return right == 50; });
}

TEST_CASE("a fetcher blocks until the answer is there, collected or piece by piece") {
    Server server(nullptr, say_hello);
    os::SystemClock clock;
    const auto fetcher = Fetcher::make(clock, {}).value();
    CHECK(fetcher->fetch(request_of(Method::get, server.url()))->body == "hello");
    std::string body;
    int status = 0;
    const auto streamed = fetcher->fetch(
        request_of(Method::get, server.url()), [&](const Response& head) { status = head.status; },
        [&](std::string_view bytes) -> Result<> {
            body += bytes;
            return {};
        });
    REQUIRE(streamed);
    CHECK(status == 200);
    CHECK(body == "hello");
    CHECK(streamed->body.empty());
    CHECK(server.lines() == 1);
}
