#include "platform/base/time.h"

#include <catch2/catch.hpp>

using namespace slipway;

TEST_CASE("times on the wire are RFC 3339 with microseconds") {
    CHECK(to_rfc3339(Time{0}) == "1970-01-01T00:00:00.000000Z");
    CHECK(to_rfc3339(from_rfc3339("2026-11-21T12:40:31.25Z").value()) == "2026-11-21T12:40:31.250000Z");
    CHECK(from_rfc3339("2024-02-29T23:59:59Z"));
    CHECK(to_rfc3339(from_rfc3339("9999-12-31T23:59:59.000001Z").value()) == "9999-12-31T23:59:59.000001Z");
    const char* bad = GENERATE("2026-02-30T00:00:00Z", "2026-11-21 12:40:31Z", "2026-11-21T12:40:31",
                               "2026-11-21T24:00:00Z", "2026-11-21T12:40:31.Z", "", "2026-11-21T12:40:31+01:00");
    CHECK_FALSE(from_rfc3339(bad));
}

TEST_CASE("the Date header goes both ways") {
    CHECK(to_http_date(Time{784111777000000}) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(from_http_date("Sun, 06 Nov 1994 08:49:37 GMT")->us == 784111777000000);
    CHECK_FALSE(from_http_date("Sunday, 06-Nov-94 08:49:37 GMT"));
}

TEST_CASE("durations have one number and one unit") {
    CHECK(parse_duration("90s").value() == 90s);
    CHECK(parse_duration("10m").value() == 10min);
    CHECK(parse_duration("7d").value() == 168h);
    const char* bad =
        GENERATE("", "10", "m", "-1s", "1.5h", "1h30m", "10 m", "99999999999999999999s", "9000000000000d");
    CHECK_FALSE(parse_duration(bad));
}

TEST_CASE("durations are shown to people") {
    CHECK(format_duration(350ms) == "350ms");
    CHECK(format_duration(12'340ms) == "12.3s");
    CHECK(format_duration(245s) == "4m 05s");
    CHECK(format_duration(7630s) == "2h 07m");
    CHECK(format_duration(76h) == "3d 04h");
}
