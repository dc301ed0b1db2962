#include "tasks/manifest/catalogue.h"

#include <catch2/catch.hpp>

using namespace slipway;
using tasks::Catalogue;
using tasks::Inputs;

namespace {

std::string refusal(std::string_view reference, const Inputs& inputs) {
    const auto judged = Catalogue::built_in().check_task(reference, inputs);
    if (judged) return "";
    CHECK(judged.error().code == Code::invalid);
    return judged.error().message;
}

}  // namespace

TEST_CASE("the built-in tasks are known, each with a description for every input") {
    const Catalogue catalogue = Catalogue::built_in();
    for (const char* reference : {"shell@1", "extract@1", "copy@1", "http-check@1"}) CHECK(catalogue.find(reference));
    for (const auto& manifest : catalogue.manifests())
        for (const auto& input : manifest.inputs) CHECK_FALSE(input.description.empty());
}

TEST_CASE("a job's task is taken when its inputs fit") {
    CHECK(refusal("shell@1", {{"script", "echo $(date)"}}) == "");
    CHECK(refusal("shell@1", {{"file", "deploy.sh"}, {"interpreter", "sh"}}) == "");
    CHECK(refusal("extract@1", {{"from", "site"}, {"to", "releases/$(artifacts.site.version)"}}) == "");
}

TEST_CASE("a job's task is refused with a sentence that names what is wrong") {
    struct Case {
        const char* reference;
        Inputs inputs;
        const char* message;
    };
    const Case cases[] = {
        {"launch@1", {}, "there is no task launch@1; there are copy@1, "},
        {"shell@2", {{"script", "true"}}, "there is no task shell@2"},
        {"shell", {{"script", "true"}}, "there is no task shell;"},
        {"shell@1", {{"scirpt", "true"}}, "shell@1 has no input scirpt; it has script, file, interpreter"},
        {"shell@1", {}, "shell@1 needs exactly one of the inputs script, file"},
        {"shell@1", {{"script", "a"}, {"file", "b"}}, "shell@1 needs exactly one of the inputs script, file"},
        {"shell@1", {{"script", "a"}, {"interpreter", "perl"}}, "is \"perl\": expected one of bash, sh"},
        {"extract@1", {{"from", "site"}}, "extract@1 needs the input to: "},
        {"extract@1", {{"from", ""}, {"to", "x"}}, "input from of extract@1 is \"\": expected a path"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.reference, c.message);
        CHECK_THAT(refusal(c.reference, c.inputs), Catch::Contains(c.message));
    }
}

TEST_CASE("each type of input takes what it should and nothing else") {
    const std::string text = R"({"name": "t", "version": 1, "description": "d", "inputs": [
        {"name": "u", "type": "url", "description": "d"}, {"name": "i", "type": "integer", "min": 1, "max": 9, "description": "d"},
        {"name": "b", "type": "boolean", "description": "d"}, {"name": "d", "type": "duration", "description": "d"}]})";
    const auto manifest = tasks::parse_manifest(text);
    REQUIRE(manifest);
    const auto good = [&](const char* input, const char* value) {
        return tasks::check_inputs(*manifest, {{input, value}}).has_value();
    };
    CHECK(good("u", "http://127.0.0.1/"));
    CHECK(good("u", "http://127.0.0.1:$(port)/"));
    CHECK_FALSE(good("u", "ftp://x/"));
    CHECK_FALSE(good("u", "https://"));
    CHECK(good("i", "1"));
    CHECK(good("i", "9"));
    CHECK_FALSE(good("i", "0"));
    CHECK_FALSE(good("i", "10"));
    CHECK_FALSE(good("i", "1.5"));
    CHECK_FALSE(good("i", ""));
    CHECK(good("b", "false"));
    CHECK_FALSE(good("b", "no"));
    CHECK(good("d", "90s"));
    CHECK_FALSE(good("d", "90"));
}

TEST_CASE("a task.json that contradicts itself is refused") {
    const std::string begin = R"({"name": "t", "version": 1, "description": "d", )";
    for (
        const char* rest : {
            R"("inputs": [{"name": "a", "type": "text", "description": "d"}, {"name": "a", "type": "text", "description": "d"}]})",
            R"("inputs": [{"name": "a", "type": "text", "required": true, "default": "x", "description": "d"}]})",
            R"("inputs": [{"name": "a", "type": "integer", "default": "x", "description": "d"}]})",
            R"("inputs": [{"name": "a", "type": "list", "description": "d"}]})",
            R"("inputs": [{"name": "A", "type": "text", "description": "d"}]})",
            R"("shorthand": "script"})",
            R"("exactly_one_of": ["script"]})",
            R"("reasons": {"0": "disk_full"}})",
            R"("reasons": {"3": "bad_luck"}})",
            R"("color": "red"})",
        }) {
        CAPTURE(rest);
        CHECK_FALSE(tasks::parse_manifest(begin + rest));
    }
    const std::string_view twice[] = {tasks::built_in_texts()[0], tasks::built_in_texts()[0]};
    CHECK_FALSE(Catalogue::parse(twice));
}

TEST_CASE("an input's environment variable is its name in capitals") {
    const Catalogue catalogue = Catalogue::built_in();
    CHECK(tasks::environment_name_of(*catalogue.find("extract@1")->find("from")) == "INPUT_FROM");
}
