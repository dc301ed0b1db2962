#include "platform/json/writer.h"

#include <limits>

#include <catch2/catch.hpp>

#include "platform/json/dump.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

using namespace slipway;

TEST_CASE("written text holds its fields in the order of the calls") {
    json::Writer out;
    out.begin_object();
    out.field("text", "a\"b\\\n\x01");
    out.field("yes", true);
    out.field("least", std::numeric_limits<std::int64_t>::min());
    out.field("most", std::numeric_limits<std::uint64_t>::max());
    out.field("nothing", nullptr);
    out.field("absent", std::optional<int>{});
    out.field("present", std::optional<int>{7});
    out.begin_array("list");
    out.item("x");
    out.begin_object();
    out.end_object();
    out.begin_array();
    out.item(1);
    out.item(2);
    out.end_array();
    out.end_array();
    out.begin_object("empty");
    out.end_object();
    out.field_json("raw", R"({"kept":1})");
    out.end_object();
    const std::string text = std::move(out).take();
    CHECK(text == R"({"text":"a\"b\\\n\u0001","yes":true,"least":-9223372036854775808,"most":18446744073709551615,)"
                  R"("nothing":null,"present":7,"list":["x",{},[1,2]],"empty":{},"raw":{"kept":1}})");
    CHECK(json::dump(json::parse(text).value()) == text);
}

TEST_CASE("a character is written the same wherever in a text it stands") {
    for (std::size_t place = 0; place < 17; ++place)
        for (const char* character :
             {"\x01", "\x1F", " ", "!", "\"", "#", "[", "\\", "]", "~", "\x7F", "\n", "\xC3\xBC"}) {
            const std::string text = std::string(place, 'a') + character + std::string(16 - place, 'z');
            json::Writer out;
            out.item(text);
            INFO(text);
            CHECK(std::move(out).take() == json::dump(json::Value(text)));
        }
}

TEST_CASE("text that is not UTF-8 is written with replacement characters") {
    CHECK(json::quoted("a\xff\xc3\xa4\xe2\x82") == "\"a\xEF\xBF\xBD\xc3\xa4\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json::dump(json::Value("a\xff")) == "\"a\xEF\xBF\xBD\"");
}

TEST_CASE("a value that our own code made too deep is cut and does not overflow the stack") {
    json::Value value = 1;
    for (int i = 0; i < 100'000; ++i) {
        json::Value outer = json::Value::array();
        outer.push_back(std::move(value));
        value = std::move(outer);
    }
    CHECK(json::dump(value) == std::string(64, '[') + "null" + std::string(64, ']'));
}
