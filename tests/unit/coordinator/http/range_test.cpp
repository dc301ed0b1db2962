#include "coordinator/http/range.h"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace slipway::http;
using Kind = RangeVerdict::Kind;

namespace {

constexpr std::uint64_t sizes[] = {0, 1, 2, 1ull << 31, (1ull << 31) + 1, 1ull << 32, (1ull << 63) - 1, 1ull << 63};

RangeVerdict part(std::uint64_t first, std::uint64_t length) { return {Kind::part, {first, length}}; }

bool same(const RangeVerdict& a, const RangeVerdict& b) { return a.kind == b.kind && a.range == b.range; }

}  // namespace

TEST_CASE("without Range, or with one of another unit, the whole is served") {
    CHECK(judge_range(std::nullopt, 10).kind == Kind::whole);
    CHECK(judge_range("items=0-1", 10).kind == Kind::whole);
    CHECK(judge_range("Bytes=0-1", 10).kind == Kind::whole);
}

TEST_CASE("one range is cut to what there is") {
    CHECK(same(judge_range("bytes=0-0", 10), part(0, 1)));
    CHECK(same(judge_range("bytes=5-", 10), part(5, 5)));
    CHECK(same(judge_range("bytes=9-9", 10), part(9, 1)));
    CHECK(same(judge_range("bytes=5-99", 10), part(5, 5)));
    CHECK(same(judge_range("bytes=0-18446744073709551615", 10), part(0, 10)));
    CHECK(same(judge_range("bytes=0-99999999999999999999999999", 10), part(0, 10)));
    CHECK(same(judge_range("bytes=-3", 10), part(7, 3)));
    CHECK(same(judge_range("bytes=-30", 10), part(0, 10)));
    CHECK(same(judge_range("bytes=-99999999999999999999999", 10), part(0, 10)));
}

TEST_CASE("ranges that are outside, malformed, reversed or many are unsatisfiable") {
    std::string many = "bytes=0-0";
    for (int i = 0; i < 10'000; ++i) many += ",1-1";
    const std::vector<std::string> headers = {"bytes=10-",
                                              "bytes=10-11",
                                              "bytes=18446744073709551615-",
                                              "bytes=99999999999999999999999-",
                                              "bytes=-0",
                                              "bytes=5-4",
                                              "bytes=",
                                              "bytes=-",
                                              "bytes=a-b",
                                              "bytes=+1-2",
                                              "bytes=1-2x",
                                              "bytes= 1-2",
                                              "bytes=0-0,1-1",
                                              "bytes=0x1-2",
                                              "bytes=1--2",
                                              many};
    for (const std::string& header : headers) {
        INFO(header.substr(0, 60));
        CHECK(judge_range(header, 10).kind == Kind::unsatisfiable);
    }
    CHECK(judge_range("bytes=0-", 0).kind == Kind::unsatisfiable);
    CHECK(judge_range("bytes=-1", 0).kind == Kind::unsatisfiable);
}

TEST_CASE("every satisfied range lies inside the representation, at all sizes that computers stumble over") {
    const std::vector<std::uint64_t> numbers = {0,          1,          (1ull << 31) - 1, 1ull << 31, (1ull << 32) - 1,
                                                1ull << 32, 1ull << 62, (1ull << 63) - 1, 1ull << 63, ~0ull - 1,
                                                ~0ull};
    for (const std::uint64_t size : sizes) {
        std::vector<std::string> headers;
        for (const std::uint64_t a : numbers) {
            headers.push_back("bytes=" + std::to_string(a) + "-");
            headers.push_back("bytes=-" + std::to_string(a));
            for (const std::uint64_t b : numbers)
                headers.push_back("bytes=" + std::to_string(a) + "-" + std::to_string(b));
        }
        for (const std::string& header : headers) {
            const RangeVerdict verdict = judge_range(header, size);
            INFO(header << " of " << size);
            if (verdict.kind == Kind::unsatisfiable) continue;
            REQUIRE(verdict.kind == Kind::part);
            CHECK(verdict.range.length > 0);
            CHECK(verdict.range.first < size);
            CHECK(verdict.range.length <= size - verdict.range.first);
        }
    }
}

TEST_CASE("Content-Range says first, last and size") {
    CHECK(content_range(part(5, 5), 100) == "bytes 5-9/100");
    CHECK(content_range({Kind::unsatisfiable, {}}, 100) == "bytes */100");
}
