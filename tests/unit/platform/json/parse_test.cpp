#include "platform/json/parse.h"

#include <catch2/catch.hpp>

#include "platform/json/dump.h"
#include "platform/json/value.h"

using namespace slipway;
using Catch::Matchers::Contains;

namespace {

std::string many_keys(std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) text += (i ? "," : "") + ("\"k" + std::to_string(i) + "\":0");
    return text + "}";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("a valid text becomes the same value and keeps the order of its fields") {
    const std::string text = R"({"z":1,"a":[true,null,-5,18446744073709551615,1.5,"ä\u0000"],"m":{}})";
    CHECK(json::dump(json::parse(text).value()) == text);
    CHECK(json::parse("-0").value() == 0);
    CHECK(json::parse("-9223372036854775808").value() == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("JSON that two readers could understand differently is refused") {
    const auto [text, message] = GENERATE(table<std::string, std::string>({
        {R"({"a":{"b":1,"c":2,"b":3}})", "the key \"b\" twice in one object (/a)"},
        {R"([0,{"x":[1,2,18446744073709551616]}])", "does not fit into 64 bits: 18446744073709551616 (/1/x/2)"},
        {"-9223372036854775809", "does not fit into 64 bits"},
        {"1e999", "1e999"},
        {"1e999999", "1e999999"},
        {"NaN", "not valid JSON at byte 1"},
        {"-Infinity", "not valid JSON"},
        {"01", "not valid JSON"},
        {"1.", "not valid JSON"},
        {R"("\ud800")", "not valid JSON"},
        {"[\"a\xff\"]", "not valid UTF-8 at byte 3"},
        {"\xEF\xBB\xBF{}", "byte order mark"},
        {"{} {}", "not valid JSON at byte 4"},
        {"{}x", "not valid JSON"},
        {"", "not valid JSON"},
        {"[1,]", "not valid JSON"},
        {"// c\n1", "not valid JSON"},
        {R"({"tasks":[{},{"a":tru}]})", "(/tasks/1/a)"},
    }));
    const auto value = json::parse(text);
    REQUIRE_FALSE(value);
    CHECK(value.error().code == Code::invalid);
    CHECK(value.error().reason == "invalid_json");
    CHECK_THAT(value.error().message, Contains(message));
}

TEST_CASE("ten thousand digits are refused and not kept") {
    CHECK_FALSE(json::parse(std::string(10'000, '9')));
    CHECK_FALSE(json::parse(std::string(10'000, '9') + "e99999"));
}

TEST_CASE("depth, keys and bytes are taken up to their limits and not beyond") {
    CHECK(json::parse(nested(limits::json_depth_max)));
    CHECK(json::parse(nested(limits::json_depth_max + 1)).error().code == Code::limit);
    CHECK(json::parse(many_keys(limits::json_keys_max)));
    CHECK(json::parse(many_keys(limits::json_keys_max + 1)).error().code == Code::limit);
    CHECK(json::parse("1" + std::string(limits::json_bytes_max - 1, ' ')));
    CHECK(json::parse("1" + std::string(limits::json_bytes_max, ' ')).error().code == Code::limit);
    CHECK(json::parse("[[1]]", {.depth_max = 1}).error().reason == "json_limit");
}

TEST_CASE("a million open brackets are refused at the limit") {
    const auto value = json::parse(std::string(1'000'000, '['));
    REQUIRE_FALSE(value);
    CHECK_THAT(value.error().message, Contains("deeper than 64"));
}
