#include "platform/yaml/read.h"

#include <catch2/catch.hpp>

#include "platform/json/dump.h"

using namespace slipway;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string json_of(std::string_view text) {
    const auto document = yaml::read(text, "job.yaml");
    return document ? json::dump(document->value) : document.error().message;
}

std::string lines(std::size_t count, const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += line;
    return text;
}

}  // namespace

TEST_CASE("a job file becomes the JSON that it means") {
    CHECK(json_of(R"(# a job
name: Publish the docs
demands: [nginx]
artifacts:
  - { name: docs, version: "3.11", alias: site }
timeout: 10m
tasks:
  - task: http-check@1
    inputs: { url: "http://127.0.0.1:$(port)/", expect: 200 }
  - shell: |
      ln -sfn a b
      echo done
    name: Switch
)") == R"({"name":"Publish the docs","demands":["nginx"],"artifacts":[{"name":"docs","version":"3.11","alias":"site"}],)"
       R"("timeout":"10m","tasks":[{"task":"http-check@1","inputs":{"url":"http://127.0.0.1:$(port)/","expect":200}},)"
       R"({"shell":"ln -sfn a b\necho done\n","name":"Switch"}]})");
    CHECK(json_of("") == "null");
    CHECK(json_of("\xEF\xBB\xBF"
                  "a: 1") == R"({"a":1})");
}

TEST_CASE("a plain scalar is a number only in the spelling of JSON") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"8088", "8088"},
        {"-5", "-5"},
        {"18446744073709551615", "18446744073709551615"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"3.5", "3.5"},
        {"0", "0"},
        {"true", "true"},
        {"FALSE", "false"},
        {"~", "null"},
        {"Null", "null"},
        {"010", "\"010\""},
        {"1.10", "\"1.10\""},
        {"1e3", "\"1e3\""},
        {"+5", "\"+5\""},
        {"-0", "\"-0\""},
        {"0x1F", "\"0x1F\""},
        {"1_000", "\"1_000\""},
        {"12:30:45", "\"12:30:45\""},
        {"2026-11-21", "\"2026-11-21\""},
        {"18446744073709551616", "\"18446744073709551616\""},
        {".inf", "\".inf\""},
        {"inf", "\"inf\""},
        {"nan", "\"nan\""},
        {"yes", "\"yes\""},
        {"on", "\"on\""},
        {"off", "\"off\""},
        {"'5'", "\"5\""},
        {"\"true\"", "\"true\""},
        {"\"\"", "\"\""},
        {"'~'", "\"~\""},
    }));
    CHECK(json_of("a: " + text) == "{\"a\":" + expected + "}");
}

TEST_CASE("keys stay the texts that they are") {
    CHECK(json_of("on: 1\n010: 2\nnull: 3\n'<<': 4") == "job.yaml:3:1: a key is missing before the colon");
    CHECK(json_of("on: 1\n010: 2\n'<<': 4\n'': 5") == R"({"on":1,"010":2,"<<":4,"":5})");
}

TEST_CASE("merge keys merge, own keys first, earlier mappings before later ones") {
    CHECK(json_of("a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc: { z: 3, <<: [*a, *b], w: 3 }") ==
          R"({"a":{"x":1,"y":1},"b":{"y":2,"z":2},"c":{"z":3,"w":3,"x":1,"y":1}})");
    CHECK(json_of("a: &a { x: 1 }\nb: { <<: *a, x: 2 }") == R"({"a":{"x":1},"b":{"x":2}})");
    CHECK(json_of("a: { <<: 5 }") == "job.yaml:1:10: << takes a mapping, or a list of mappings");
    CHECK(json_of("a: { <<: [{x: 1}, 5] }") == "job.yaml:1:10: << takes a mapping, or a list of mappings");
}

TEST_CASE("what could be read in two ways is refused with its line and column") {
    const auto [text, message] = GENERATE(table<std::string, std::string>({
        {"name: a\npool: b\nname: c", "job.yaml:3:1: the key \"name\" stands twice in one mapping"},
        {"tasks:\n  - { a: 1, a: 2 }", "job.yaml:2:13: the key \"a\" stands twice in one mapping"},
        {"a: &a {x: 1}\nb: {<<: *a, <<: *a}", "job.yaml:2:13: the key \"<<\" stands twice in one mapping"},
        {"a: !!python/object x", "job.yaml:1:4: the tag tag:yaml.org,2002:python/object is not read here"},
        {"a: !!str 5", "job.yaml:1:4: the tag tag:yaml.org,2002:str is not read here"},
        {"a: !env HOME", "job.yaml:1:4: the tag !env is not read here"},
        {"!!map {a: 1}", "is not read here"},
        {"? [a]\n: 1", "job.yaml:1:3: a key must be one word or text"},
        {"a: 1\n---\nb: 2", "job.yaml:2:1: a second document begins here"},
        {"a: [1, 2", "job.yaml:"},
        {"a: 1\n b: 2", "job.yaml:2:"},
        {"\tx: 1", "job.yaml:1:"},
        {"a: *b", "job.yaml:1:4: "},
        {"a: &a [*a]", "job.yaml:1:8: this alias stands inside of what it stands for"},
        {"a: 1\nb: x\x04y", "job.yaml:2:5: the control character \\x04 does not belong here"},
        {std::string("a: x\0y", 6), "job.yaml:1:5: the control character \\x00"},
        {"a: \xff", "job.yaml: the text is not UTF-8"},
    }));
    const auto document = yaml::read(text, "job.yaml");
    REQUIRE_FALSE(document);
    CHECK(document.error().code == Code::invalid);
    CHECK(document.error().reason == "invalid_yaml");
    CHECK_THAT(document.error().message, Contains(message));
}

TEST_CASE("bytes, values and depth have limits, and aliases count as what they stand for") {
    CHECK(yaml::read("a: " + std::string(limits::yaml_bytes_max - 3, 'x'), "f"));
    CHECK(yaml::read("a: " + std::string(limits::yaml_bytes_max - 2, 'x'), "f").error().code == Code::limit);

    CHECK(yaml::read(lines(limits::yaml_nodes_max - 1, "- \n").substr(0, 250'000), "f"));
    const std::string list = "[" + lines(limits::yaml_nodes_max - 1, "1,") + "]";
    CHECK(yaml::read(list, "f"));
    CHECK(yaml::read("[1," + list.substr(1), "f").error().code == Code::limit);

    std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c <= 'j'; ++c) {
        const std::string before(1, static_cast<char>(c - 1));
        laughs += std::string(1, c) + ": &" + c + " [" + lines(9, "*" + before + ",") + "*" + before + "]\n";
    }
    CHECK_THAT(json_of(laughs), Contains("more than 100000 values, aliases counted in full"));

    const std::string long_text = "a: &a " + std::string(100'000, 'x') + "\nb: [" + lines(11, "*a,") + "]";
    CHECK_THAT(json_of(long_text), Contains("more than 1048576 bytes"));

    CHECK(yaml::read(std::string(64, '[') + std::string(64, ']'), "f"));
    CHECK(yaml::read(std::string(65, '[') + std::string(65, ']'), "f").error().code == Code::limit);
    CHECK_FALSE(yaml::read(std::string(100'000, '['), "f"));
    CHECK_FALSE(yaml::read(lines(100'000, "- "), "f"));
    CHECK_FALSE(yaml::read(lines(60'000, "{a: "), "f"));
}

TEST_CASE("every value has a place in the file, and what is missing has the place around it") {
    const auto document =
        yaml::read("name: a\ntasks:\n  - shell: x\n    in/put~s:\n      k: 1\n  - { n: 1 }\n", "dir/job.yaml");
    REQUIRE(document);
    CHECK(document->places.describe("") == "dir/job.yaml:1:1");
    CHECK(document->places.describe("/tasks") == "dir/job.yaml:2:1");
    CHECK(document->places.describe("/tasks/0") == "dir/job.yaml:3:5");
    CHECK(document->places.describe("/tasks/0/in~1put~0s/k") == "dir/job.yaml:5:7");
    CHECK(document->places.describe("/tasks/1/n") == "dir/job.yaml:6:7");
    CHECK(document->places.describe("/tasks/1/missing/deeper") == "dir/job.yaml:6:5");
}

TEST_CASE("an error of a field says where in the file it is and what to do about a number that was meant as text") {
    const auto document = yaml::read("artifacts:\n  - name: docs\n    version: 3.11\n", "job.yaml").value();
    json::Reader in(document.value, json::UnknownFields::refuse, &document.places);
    in.array("artifacts", 9, [](json::Reader& item) {
        std::string name, version;
        item.required("name", name);
        item.required("version", version);
    });
    const auto result = in.finish();
    REQUIRE_FALSE(result);
    CHECK(result.error().message ==
          "job.yaml:3:5: /artifacts/0/version: expected a text (put the value in quotes), found a number with a "
          "fraction");
}
