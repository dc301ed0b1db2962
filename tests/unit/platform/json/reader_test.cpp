#include "platform/json/reader.h"

#include <catch2/catch.hpp>

#include "platform/base/ids.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

using namespace slipway;
using json::Range;
using json::Reader;
using json::Text;
using json::UnknownFields;

namespace {

enum class Colour { red, green };
std::optional<Colour> colour_from(std::string_view text) {
    if (text == "red") return Colour::red;
    if (text == "green") return Colour::green;
    return std::nullopt;
}

struct Job {
    std::string name;
    std::int64_t timeout = 60;
    std::optional<int> priority;
    std::optional<Colour> colour;
    bool idempotent = false;
    std::vector<std::string> demands;
    std::map<std::string, std::string> variables;
    std::vector<int> tasks;
    int depth = 0;
};

Result<Job> read(std::string_view text, UnknownFields unknown = UnknownFields::refuse,
                 const json::Places* places = nullptr) {
    const json::Value value = json::parse(text).value();
    Job job;
    Reader in(value, unknown, places);
    in.required("name", job.name, Text{.bytes_max = 64, .valid = is_name, .expected = "a name such as web-01"});
    in.optional("timeout", job.timeout, Range{1, 3600});
    in.optional("priority", job.priority, Range{0, 9});
    in.optional("colour", job.colour, colour_from);
    in.optional("idempotent", job.idempotent);
    in.texts("demands", 2, job.demands, Text{.bytes_min = 1, .bytes_max = 5});
    in.text_map("variables", 2, job.variables, Text{.bytes_max = 3}, Text{.bytes_max = 5});
    in.optional_object("settings", [&](Reader& settings) { settings.required("depth", job.depth); });
    in.array("tasks", 2, [&](Reader& task) { task.required("n", job.tasks.emplace_back(), Range{1, 9}); });
    TRY(in.finish());
    return job;
}

}  // namespace

TEST_CASE("an object is read into its variables") {
    const Job job = read(R"({"name":"a","timeout":5,"priority":null,"colour":"green","idempotent":true,
        "demands":["x","y"],"variables":{"p":"1"},"tasks":[{"n":1},{"n":2}],"settings":{"depth":-0}})")
                        .value();
    CHECK(job.name == "a");
    CHECK(job.timeout == 5);
    CHECK_FALSE(job.priority);
    CHECK(job.colour == Colour::green);
    CHECK(job.idempotent);
    CHECK(job.demands == std::vector<std::string>{"x", "y"});
    CHECK(job.variables.at("p") == "1");
    CHECK(job.tasks == std::vector<int>{1, 2});
}

TEST_CASE("the first error of an object is told with its JSON pointer") {
    const auto [text, message] = GENERATE(table<std::string, std::string>({
        {R"([])", "the whole value: expected an object, found an array"},
        {R"({})", "/name: this field is missing"},
        {R"({"name":null})", "/name: this field is missing"},
        {R"({"name":5})", "/name: expected a name such as web-01, found an integer"},
        {R"({"name":"A"})", "/name: \"A\" is not a name such as web-01"},
        {R"({"name":"a\u0000"})", "/name: it holds a NUL character"},
        {R"({"name":"a","timeout":0})", "/timeout: expected an integer from 1 to 3600, found 0"},
        {R"({"name":"a","timeout":-1})", "/timeout: expected an integer from 1 to 3600, found -1"},
        {R"({"name":"a","timeout":18446744073709551615})",
         "/timeout: expected an integer from 1 to 3600, found 18446744073709551615"},
        {R"({"name":"a","timeout":1.0})",
         "/timeout: expected an integer from 1 to 3600, found a number with a fraction"},
        {R"({"name":"a","timeout":"5"})", "/timeout: expected an integer from 1 to 3600, found a text"},
        {R"({"name":"a","colour":"blue"})", "/colour: \"blue\" is not one of the words allowed here"},
        {R"({"name":"a","idempotent":1})", "/idempotent: expected true or false, found an integer"},
        {R"({"name":"a","demands":["x",""]})", "/demands/1: it is empty"},
        {R"({"name":"a","demands":{}})", "/demands: expected an array, found an object"},
        {R"({"name":"a","variables":{"p":1}})", "/variables/p: expected a text, found an integer"},
        {R"({"name":"a","tasks":[{"n":1},{"n":10}]})", "/tasks/1/n: expected an integer from 1 to 9, found 10"},
        {R"({"name":"a","tasks":[7]})", "/tasks/0: expected an object, found an integer"},
        {R"({"name":"a","tasks":[{"n":1,"o/p":2}]})", "/tasks/0/o~1p: no such field is known here"},
        {R"({"name":"a","settings":{"depth":1,"x":2}})", "/settings/x: no such field is known here"},
        {R"({"name":"a","nmae":"b"})", "/nmae: no such field is known here"},
    }));
    const auto job = read(text);
    REQUIRE_FALSE(job);
    CHECK(job.error().code == Code::invalid);
    CHECK(job.error().message == message);
}

TEST_CASE("too long and too many are limits") {
    const auto [text, message] = GENERATE(table<std::string, std::string>({
        {R"({"name":"a","demands":["123456"]})", "/demands/0: 6 bytes, at most 5"},
        {R"({"name":"a","demands":["1","2","3"]})", "/demands: 3 items, at most 2"},
        {R"({"name":"a","variables":{"a":"","b":"","c":""}})", "/variables: 3 entries, at most 2"},
        {R"({"name":"a","variables":{"abcd":""}})", "/variables/abcd: 4 bytes, at most 3"},
        {R"({"name":"a","tasks":[{"n":1},{"n":1},{"n":1}]})", "/tasks: 3 items, at most 2"},
    }));
    const auto job = read(text);
    REQUIRE_FALSE(job);
    CHECK(job.error().code == Code::limit);
    CHECK(job.error().reason == "field_limit");
    CHECK(job.error().message == message);
}

TEST_CASE("unknown fields are passed over where the reader is told so") {
    CHECK(read(R"({"name":"a","new":1,"tasks":[{"n":1,"new":2}]})", UnknownFields::ignore));
    CHECK(read(R"({"name":"a","new":1})").error().reason == "unknown_field");
}

TEST_CASE("an error says the place in the file when somebody knows it") {
    struct File : json::Places {
        std::string describe(std::string_view pointer) const override {
            return pointer == "/tasks/0/n" ? "job.yaml:4:7" : "";
        }
    } file;
    CHECK(read(R"({"name":"a","tasks":[{"n":0}]})", UnknownFields::refuse, &file).error().message ==
          "job.yaml:4:7: /tasks/0/n: expected an integer from 1 to 9, found 0");
}
