#include "platform/net/message.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::net;

TEST_CASE("headers are found in any case of letters, the first of a name wins") {
    Headers headers;
    headers.add("Content-Type", "text/plain");
    headers.add("X", "1");
    headers.add("x", "2");
    CHECK(headers.get("content-TYPE") == "text/plain");
    CHECK(headers.get("x") == "1");
    CHECK_FALSE(headers.get("y"));
}

TEST_CASE("Retry-After is read as seconds and as a date, and nonsense is no Retry-After") {
    const Time now = from_rfc3339("2026-11-21T12:00:00Z").value();
    const auto read = [&](const std::string& value) {
        Headers headers;
        headers.add("Retry-After", value);
        return headers.retry_after(now);
    };
    CHECK(read("120") == Duration(120s));
    CHECK(read("0") == Duration(0s));
    CHECK(read("Sat, 21 Nov 2026 12:01:30 GMT") == Duration(90s));
    CHECK(read("Sat, 21 Nov 2026 11:00:00 GMT") == Duration(0s));
    CHECK_FALSE(read("soon"));
    CHECK_FALSE(read("-1"));
    CHECK_FALSE(read(""));
    CHECK_FALSE(read("99999999999999999999"));
    CHECK_FALSE(Headers().retry_after(now));
}

TEST_CASE("the Date header becomes a time") {
    Headers headers;
    headers.add("date", "Sat, 21 Nov 2026 12:40:31 GMT");
    CHECK(headers.date() == from_rfc3339("2026-11-21T12:40:31Z").value());
    CHECK_FALSE(Headers().date());
}
