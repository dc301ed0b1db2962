#include "agent/attempt/variables.h"

#include <catch2/catch.hpp>

#include "agent/attempt/environment.h"
#include "tasks/manifest/catalogue.h"

using namespace slipway;
using namespace slipway::attempt;

namespace {

wire::Order sample_order() {
    wire::Order order;
    order.attempt = "0193506c-0000-7000-8000-000000000001";
    order.job = "0193506c-0000-7000-8000-000000000002";
    order.name = "Publish";
    order.fence = 42;
    order.variables = {{"port", "8088"}, {"db.user name", "eve"}};
    order.artifacts = {{"site", "docs", "3.11", std::string(64, 'a'), 10}};
    return order;
}

}  // namespace

TEST_CASE("what $(name) becomes") {
    const Variables variables = variables_of(sample_order(), "/var/a/work");
    struct Case {
        const char* text;
        const char* replaced;
        std::vector<std::string> unknown;
    };
    const Case cases[] = {
        {"", "", {}},
        {"plain", "plain", {}},
        {"http://127.0.0.1:$(port)/", "http://127.0.0.1:8088/", {}},
        {"releases/$(artifacts.site.version)", "releases/3.11", {}},
        {"$(artifacts.site.path)", "/var/a/work/site", {}},
        {"$(artifacts.site.name) $(slipway.fence)", "docs 42", {}},
        {"$(port)$(port)", "80888088", {}},
        {"$(db.user name)", "eve", {}},
        {"$(nothing)", "$(nothing)", {"nothing"}},
        {"$(Port)", "$(Port)", {"Port"}},
        {"$(x $(port))", "$(x 8088)", {"x $(port"}},
        {"$(port", "$(port", {}},
        {"$port $$(port)", "$port $8088", {}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Replaced replaced = replace_variables(c.text, variables);
        CHECK(replaced.text == c.replaced);
        CHECK(replaced.unknown == c.unknown);
    }
}

TEST_CASE("what is put in is not looked at again") {
    const Variables variables{{"a", "$(b)"}, {"b", "secret"}};
    CHECK(replace_variables("$(a)", variables).text == "$(b)");
}

TEST_CASE("an order cannot give what is Slipway's own") {
    wire::Order order = sample_order();
    order.variables["slipway.fence"] = "1";
    order.variables["artifacts.site.path"] = "/etc";
    const Variables variables = variables_of(order, "/w");
    CHECK(variables.at("slipway.fence") == "42");
    CHECK(variables.at("artifacts.site.path") == "/w/site");
}

TEST_CASE("a variable's name in the environment") {
    CHECK(environment_name("a.b c") == "A_B_C");
    CHECK(environment_name("artifacts.my-site.version") == "ARTIFACTS_MY_SITE_VERSION");
    CHECK(environment_name("port9") == "PORT9");
}

TEST_CASE("a task sees its inputs, the job's variables and nothing of the agent's") {
    const auto catalogue = tasks::Catalogue::built_in();
    const Variables variables = variables_of(sample_order(), "/w");
    const auto environment = task_environment({.base = {{"PATH", "/bin"}, {"HOME", "/root"}},
                                               .variables = &variables,
                                               .own = {{"PATH", "/opt/bin"}, {"SLIPWAY_FENCE", "7"}, {"MODE", "a=b"}},
                                               .task = 3,
                                               .manifest = catalogue.find("shell@1"),
                                               .inputs = {{"interpreter", "sh"}, {"script", "echo"}}});
    CHECK(environment ==
          std::vector<std::string>{"ARTIFACTS_SITE_NAME=docs", "ARTIFACTS_SITE_PATH=/w/site",
                                   "ARTIFACTS_SITE_SHA256=" + std::string(64, 'a'), "ARTIFACTS_SITE_VERSION=3.11",
                                   "DB_USER_NAME=eve", "HOME=/root", "INPUT_INTERPRETER=sh", "MODE=a=b",
                                   "PATH=/opt/bin", "PORT=8088", "SLIPWAY_ATTEMPT=0193506c-0000-7000-8000-000000000001",
                                   "SLIPWAY_FENCE=42", "SLIPWAY_JOB=0193506c-0000-7000-8000-000000000002",
                                   "SLIPWAY_JOB_NAME=Publish", "SLIPWAY_TASK=3", "SLIPWAY_WORK=/w"});
}

TEST_CASE("a variable does not take the place of PATH, and a NUL ends no environment") {
    const Variables variables{{"path", "/evil"}, {"nul", std::string("a\0b", 3)}};
    const auto environment = task_environment({.base = {{"PATH", "/bin"}},
                                               .variables = &variables,
                                               .own = {{"A=B", "x"}, {"", "y"}},
                                               .task = 0,
                                               .manifest = nullptr,
                                               .inputs = {}});
    CHECK(environment == std::vector<std::string>{"PATH=/bin", "SLIPWAY_TASK=0"});
}
