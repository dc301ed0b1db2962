#include "coordinator/http/head.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "platform/base/limits.h"

using namespace slipway;
using namespace slipway::http;

namespace {

std::string block(std::string_view lines) { return "GET /a HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n"; }

/// What the server does with bytes: measure, then check.
Result<> judge(const std::string& bytes) {
    TRY_ASSIGN(const auto end, find_head_end(bytes, 0));
    REQUIRE(end);
    return check_head(std::string_view(bytes).substr(0, *end));
}

}  // namespace

TEST_CASE("an ordinary header passes") {
    CHECK(judge(block("")));
    CHECK(judge(block("Accept-Encoding:gzip\r\nX-A: \t b c \t\r\nX-Empty:\r\nX-Old: caf\xe9\r\n")));
    CHECK(judge(block("Content-Length: 0\r\n")));
    CHECK(judge(block("Content-Length: 9223372036854775807\r\n")));
    CHECK(judge(block("Transfer-Encoding: Chunked\r\n")));
    CHECK(judge("DELETE /a?b=%20 HTTP/1.1\r\nhOST: h:8440\r\n\r\n"));
}

TEST_CASE("what two readers could understand differently is refused") {
    const std::vector<std::string> bad = {
        block("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        block("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        block("Content-Length: 5\r\nContent-Length: 6\r\n"),
        block("Content-Length: 5\r\nContent-Length: 5\r\n"),
        block("Content-Length: 5, 5\r\n"),
        block("Content-Length: +5\r\n"),
        block("Content-Length: -5\r\n"),
        block("Content-Length: 0x10\r\n"),
        block("Content-Length: 5 \xa0\r\n"),
        block("Content-Length:\r\n"),
        block("Content-Length: 9223372036854775808\r\n"),
        block("Content-Length: 00000000000000000005\r\n"),
        block("Content-Length: 99999999999999999999999\r\n"),
        block("Transfer-Encoding: xchunked\r\n"),
        block("Transfer-Encoding: chunked, chunked\r\n"),
        block("Transfer-Encoding: gzip, chunked\r\n"),
        block("Transfer-Encoding: chunked, identity\r\n"),
        block("Transfer-Encoding: identity\r\n"),
        block("Transfer-Encoding:\r\n"),
        block("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        block("Transfer-Encoding : chunked\r\n"),
        block("X-A : b\r\n"),
        block(" X-A: b\r\n"),
        block("X-A: b\r\n c\r\n"),
        block("X-A: b\r\n\tc\r\n"),
        block("X-A\r\n"),
        block(": b\r\n"),
        block("X A: b\r\n"),
        block("X(A): b\r\n"),
        block(std::string("X-A: b\0c\r\n", 10)),
        block("X-A: b\rc\r\n"),
        block("X-A: b\x01\r\n"),
        block("X-A: b\x7f\r\n"),
        block("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
        block("Upload-Offset: 0\r\nUpload-Offset: 1\r\n"),
        block("Host: other\r\n"),
        "GET /a HTTP/1.1\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost:\r\n\r\n",
        "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        " GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET\t/a\tHTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a\r\nHost: h\r\n\r\n",
        "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
        "G@T /a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GETGETGETGETGETGET /a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a HTTPS/1.1\r\nHost: h\r\n\r\n",
    };
    for (const std::string& bytes : bad) {
        INFO(bytes);
        const auto judged = judge(bytes);
        REQUIRE_FALSE(judged);
        CHECK(judged.error().code == Code::invalid);
        CHECK(judged.error().reason.empty());
    }
}

TEST_CASE("a bare line feed is refused as soon as it is seen") {
    CHECK(find_head_end("GET /a HTTP/1.1\nHost: h\r\n\r\n", 0).error().code == Code::invalid);
    CHECK(find_head_end("\n", 0).error().code == Code::invalid);
    CHECK(find_head_end("GET /a HTTP/1.1\r\nHost: h\r\n\n", 20).error().code == Code::invalid);
}

TEST_CASE("another version than HTTP/1.1 is told so") {
    for (const std::string version : {"HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "HTTP/1.10", "HTTP/1.1x"}) {
        const auto judged = judge("GET /a " + version + "\r\nHost: h\r\n\r\n");
        REQUIRE_FALSE(judged);
        CHECK(judged.error().reason == "http_version_unsupported");
    }
}

TEST_CASE("the end of the header is found at every way of cutting the bytes") {
    const std::string bytes = block("X-A: b\r\n") + "POST /next HTTP/1.1\r\n";
    const std::size_t end = block("X-A: b\r\n").size();
    for (std::size_t first = 0; first <= bytes.size(); ++first) {
        const auto early = find_head_end(bytes.substr(0, first), 0);
        REQUIRE(early);
        if (first >= end)
            CHECK(early->value() == end);
        else
            CHECK_FALSE(early->has_value());
        if (first < end) CHECK(find_head_end(bytes, first).value().value() == end);
    }
}

TEST_CASE("a header may have request_header_bytes_max bytes and not one more") {
    const std::string begin = "GET /a HTTP/1.1\r\nHost: h\r\nX-A: ";
    const auto of_size = [&](std::size_t size) {
        return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
    };
    const auto fits = find_head_end(of_size(limits::request_header_bytes_max), 0);
    REQUIRE(fits);
    CHECK(fits->value() == limits::request_header_bytes_max);
    CHECK(find_head_end(of_size(limits::request_header_bytes_max + 1), 0).error().reason == "header_too_large");
}

TEST_CASE("an address may have request_target_bytes_max bytes and not one more") {
    const auto of_size = [](std::size_t size) {
        return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    };
    CHECK(judge(of_size(limits::request_target_bytes_max)));
    CHECK(judge(of_size(limits::request_target_bytes_max + 1)).error().reason == "uri_too_long");
    // without an end of line in sight too
    CHECK(find_head_end("GET /" + std::string(100 * 1024, 'a'), 0).error().reason == "uri_too_long");
}

TEST_CASE("a request may have request_fields_max fields and not one more") {
    const auto of_count = [](std::size_t count) {
        std::string lines;
        for (std::size_t i = 1; i < count; ++i) lines += "X-A: b\r\n";
        return block(lines);
    };
    CHECK(judge(of_count(limits::request_fields_max)));
    CHECK(judge(of_count(limits::request_fields_max + 1)).error().reason == "header_too_large");
}
