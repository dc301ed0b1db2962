#include "coordinator/cli/job_file.h"

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "coordinator/cli/job_schema.h"
#include "platform/base/limits.h"
#include "platform/json/parse.h"

using namespace slipway;
using namespace slipway::cli;

namespace {

const std::string least = "name: a\ntasks: [{ shell: x }]\n";

json::Value body_of(const std::string& text, const std::vector<JobFile::Variable>& overrides = {}) {
    const auto file = JobFile::read(text, "job.yaml", overrides);
    INFO((file ? "" : file.error().message));
    REQUIRE(file);
    return json::parse(file->body()).value();
}

std::string refusal_of(const std::string& text) {
    const auto file = JobFile::read(text, "job.yaml");
    REQUIRE_FALSE(file);
    CHECK((file.error().code == Code::invalid || file.error().code == Code::limit));
    return file.error().message;
}

}  // namespace

TEST_CASE("the example job file becomes the body of a new job") {
    const json::Value body = body_of(R"yaml(name: Publish the docs
pool: default
demands: [nginx]
artifacts:
  - { name: docs, version: "3.11", alias: site }
variables: { port: "8088" }
working_directory: /srv/docs        # default: the attempt's own work/, gone afterwards
timeout: 10m
tasks:
  - task: extract@1
    inputs: { from: site, to: "releases/$(artifacts.site.version)" }
  - shell: |
      ln -sfn "releases/$ARTIFACTS_SITE_VERSION" current.new && mv -T current.new current
    name: Switch
  - task: http-check@1
    inputs: { url: "http://127.0.0.1:$(port)/", expect: 200 }
)yaml");
    const std::string expected = R"json({
        "name": "Publish the docs", "pool": "default", "demands": ["nginx"], "working_directory": "/srv/docs",
        "artifacts": [{"name": "docs", "version": "3.11", "alias": "site"}],
        "timeout_s": 600, "variables": {"port": "8088"},
        "tasks": [
          {"name": "extract@1", "task": "extract@1",
           "inputs": {"from": "site", "to": "releases/$(artifacts.site.version)"
}
},
          {"name": "Switch", "task": "shell@1", "inputs": {"script":
           "ln -sfn \"releases/$ARTIFACTS_SITE_VERSION\" current.new && mv -T current.new current\n"}},
          {"name": "http-check@1", "task": "http-check@1",
           "inputs": {"url": "http://127.0.0.1:$(port)/", "expect": "200"}}]
})json";
    CHECK(body == json::parse(expected).value());
}

TEST_CASE("every key of a job file reaches the coordinator") {
    const json::Value body = body_of(R"(name: a
priority: 9
idempotent: true
cancel_grace: 0s
timeout: 7d
tasks:
  - task: copy@1
    name: b
    enabled: false
    continue_on_error: true
    timeout: 90s
    working_directory: sub
    env: { LEVEL: 3, ON: true }
    leave_running: true
)");
    const std::string expected = R"json({"name": "a", "priority": 9, "idempotent": true, "timeout_s": 604800,
        "cancel_grace_s": 0, "tasks": [{"name": "b", "task": "copy@1", "inputs": {}, "enabled": false,
        "continue_on_error": true, "working_directory": "sub", "leave_running": true,
        "env": {"LEVEL": "3", "ON": "true"}, "timeout_s": 90}]})json";
    CHECK(body == json::parse(expected).value());
}

TEST_CASE("scalars become the texts that were written") {
    const json::Value body = body_of(
        "name: a\nvariables: { a: 010, b: 1.10, c: 3.5, d: yes, e: 1e3, f: true }\n"
        "artifacts: [{ name: docs, version: 3.10 }]\ntasks: [{ shell: x }]\n");
    CHECK(body["variables"] ==
          json::parse(R"({"a": "010", "b": "1.10", "c": "3.5", "d": "yes", "e": "1e3", "f": "true"})").value());
    CHECK(body["artifacts"][0]["version"] == "3.10");
}

TEST_CASE("variables that are set go before those of the file") {
    const json::Value body =
        body_of("name: a\nvariables: { port: 80, host: a }\ntasks: [{ shell: x }]\n", {{"port", "81"}, {"new", ""}});
    CHECK(body["variables"] == json::parse(R"({"port": "81", "host": "a", "new": ""})").value());
    CHECK(body_of(least, {{"only", "1"}})["variables"] == json::parse(R"({"only": "1"})").value());
}

TEST_CASE("what is wrong is told with file, line, column and what was expected") {
    struct Case {
        std::string text;
        std::string message;
    };
    const std::string tasks = "tasks: [{ shell: x }]\n";
    const auto [text, message] = GENERATE_COPY(values<Case>({
        {"name: a\nname: b\n" + tasks, "job.yaml:2:1: the key \"name\" stands twice in one mapping"},
        {"name: a\ndemand: [x]\n" + tasks, "job.yaml:2:1: demand: unknown field; did you mean demands?"},
        {"name: a\nzzz: 1\n" + tasks,
         "job.yaml:2:1: zzz: unknown field; known here: name, pool, demands, artifacts, variables, working_directory, "
         "timeout, cancel_grace, priority, idempotent, tasks"},
        {"name: a\ntimeout: 10\n" + tasks,
         "job.yaml:2:1: timeout: expected a duration such as 90s, 10m or 2h, at most 7d; found the number 10"},
        {"name: a\ntimeout: 10 minutes\n" + tasks,
         "job.yaml:2:1: timeout: expected a duration such as 90s, 10m or 2h, at most 7d; found \"10 minutes\""},
        {"name: a\ntimeout: 8d\n" + tasks, "job.yaml:2:1: timeout: expected 1s to 7d 00h; found 8d"},
        {"name: a\ncancel_grace: 11m\n" + tasks, "job.yaml:2:1: cancel_grace: expected 0s to 10m 00s; found 11m"},
        {"name: [a]\n" + tasks, "job.yaml:1:1: name: expected a title of 1 to 200 characters; found a list of 1"},
        {"name:\n" + tasks, "job.yaml:1:1: name: expected a title of 1 to 200 characters; found nothing"},
        {"name: a\npriority: 10\n" + tasks,
         "job.yaml:2:1: priority: expected a whole number from 0 to 9; found the number 10"},
        {"name: a\nidempotent: yes\n" + tasks, "job.yaml:2:1: idempotent: expected true or false; found \"yes\""},
        {"name: a\npool: My Pool\n" + tasks,
         "job.yaml:2:1: pool: expected the name of a pool: a-z, 0-9 and . _ -, beginning with a letter or digit, at "
         "most 64; found \"My Pool\""},
        {"name: a\nworking_directory: srv\n" + tasks,
         "job.yaml:2:1: working_directory: expected an absolute path on the agent's machine, such as /srv/docs; found "
         "\"srv\""},
        {"name: a\nvariables: { a: [1] }\n" + tasks,
         "job.yaml:2:14: variables: a: expected a text, a number, true or false; found a list of 1"},
        {"name: a\nvariables: text\n" + tasks,
         "job.yaml:2:1: variables: expected a mapping of names to texts, such as { port: \"8088\" }; found \"text\""},
        {"name: a\nartifacts:\n  - { name: docs }\n" + tasks, "job.yaml:3:5: artifacts 1: expected the field version"},
        {"name: a\nartifacts: [{ name: a, version: 1 }, { name: a, version: 2 }]\n" + tasks,
         "job.yaml:2:38: artifacts 2: the alias a is taken by another artifact: expected an alias of its own"},
        {"name: a\n", "job.yaml:1:1: expected the field tasks"},
        {"name: a\ntasks: []\n", "job.yaml:2:1: tasks: expected a list of 1 to 200 tasks; found an empty list"},
        {"name: a\ntasks:\n  - name: x\n",
         "job.yaml:3:5: tasks 1: expected task: NAME@VERSION or shell: SCRIPT; found neither"},
        {"name: a\ntasks:\n  - { task: a@1, shell: x }\n",
         "job.yaml:3:5: tasks 1: expected either task or shell; found both"},
        {"name: a\ntasks:\n  - shell: x\n  - task: extract\n",
         "job.yaml:4:5: tasks 2: task: expected a task and its version, such as extract@1; found \"extract\""},
        {"name: a\ntasks:\n  - task: a@1\n    input: {}\n",
         "job.yaml:4:5: tasks 1: input: unknown field; did you mean inputs?"},
        {"name: a\ntasks:\n  - task: a@1\n    inputs: { x: { y: 1 } }\n",
         "job.yaml:4:15: tasks 1: inputs: x: expected a text, a number, true or false; found a mapping"},
        {"name: a\ntasks:\n  - shell: x\n    inputs: { script: y }\n",
         "job.yaml:4:15: tasks 1: inputs: script: shell: gives the script already"},
        {"- a\n", "job.yaml:1:1: expected a mapping with at least name and tasks; found a list of 1"},
        {"", "job.yaml:1:1: expected a mapping with at least name and tasks; found nothing"},
    }));
    CHECK(refusal_of(text) == message);
}

TEST_CASE("all that is wrong is told at once, in the order of the file") {
    CHECK(refusal_of("tasks:\n  - shell: 5\n  - tusk: a@1\npriority: high\nnam: a\n") ==
          "job.yaml:1:1: expected the field name\n"
          "job.yaml:2:5: tasks 1: shell: expected the text of a script (use shell: | and indent the lines below it); "
          "found the number 5\n"
          "job.yaml:3:5: tasks 2: tusk: unknown field; did you mean task?\n"
          "job.yaml:3:5: tasks 2: expected task: NAME@VERSION or shell: SCRIPT; found neither\n"
          "job.yaml:4:1: priority: expected a whole number from 0 to 9; found \"high\"\n"
          "job.yaml:5:1: nam: unknown field; did you mean name?");
}

TEST_CASE("more tasks than the limit are refused") {
    std::string text = "name: a\ntasks:\n";
    for (std::size_t i = 0; i < limits::tasks_max; ++i) text += "  - shell: x\n";
    CHECK(body_of(text)["tasks"].size() == limits::tasks_max);
    CHECK(refusal_of(text + "  - shell: x\n") ==
          "job.yaml:2:1: tasks: expected a list of 1 to 200 tasks; found a list of 201");
}

TEST_CASE("a refusal of the coordinator gets the place in the file that it is about") {
    const auto file =
        JobFile::read("name: a\ntasks:\n  - shell: x\n  - task: copy@1\n    inputs: { form: x }\n", "job.yaml");
    REQUIRE(file);
    CHECK(file->with_place({Code::invalid, "/tasks/1/inputs/form: unknown input"}).message ==
          "job.yaml:5:15: /tasks/1/inputs/form: unknown input");
    CHECK(file->with_place({Code::invalid, "/tasks/0/inputs/script: too long"}).message ==
          "job.yaml:3:5: /tasks/0/inputs/script: too long");
    CHECK(file->with_place({Code::not_found, "there is no pool x"}).message == "there is no pool x");
}

TEST_CASE("the schema that is printed is the published file") {
    std::ifstream published("coordinator/cli/job.schema.json");
    std::ostringstream text;
    text << published.rdbuf();
    CHECK(job_schema_text() == text.str());
    CHECK(json::parse(job_schema_text()));
}
