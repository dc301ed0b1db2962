#include "platform/wire/order.h"

#include <catch2/catch.hpp>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/wire/protocol.h"
#include "tests/unit/platform/wire/edit.h"
#include "tests/unit/platform/wire/samples.h"

using namespace slipway;
using Catch::Matchers::Contains;
using samples::text_of;
using samples::texts;
using samples::with;
using samples::without;

namespace {

std::string refusal(const std::string& text) { return samples::verdict_on(wire::decode_order(text)); }

}  // namespace

TEST_CASE("an order goes into its envelope and comes out as it was") {
    const std::string bytes = wire::seal_order(samples::order());
    CHECK(wire::open_order(bytes).value() == samples::order());
    CHECK(wire::decode_envelope(bytes).value().payload == wire::encode(samples::order()));
    CHECK(wire::seal_order(samples::order()) == bytes);
}

TEST_CASE("an order is refused for the first field that breaks its rule, and the field is named") {
    const std::string good = wire::encode(samples::order());
    REQUIRE(refusal(good) == "taken");
    const auto [pointer, value, message] = GENERATE(table<std::string, std::string, std::string>({
        {"/attempt", "\"../../etc\"", "/attempt: \"../../etc\" is not a UUID"},
        {"/tasks", "[]", "/tasks: there is no task"},
        {"/tasks/0/task", "\"shell\"", "/tasks/0/task: \"shell\" is not a task such as shell@1"},
        {"/tasks/0/task", "\"../sh@1\"", "/tasks/0/task"},
        {"/tasks/0/inputs/to", "5", "/tasks/0/inputs/to: expected a text, found an integer"},
        {"/tasks/0/condition", "\"always\"", "/tasks/0/condition: no such field"},
        {"/tasks/1/timeout_s", "604801", "/tasks/1/timeout_s: expected an integer from 1 to 604800"},
        {"/tasks/1/env/A=B", "\"\"", "/tasks/1/env/A=B"},
        {"/tasks/1/env/LANG", "\"a\\u0000b\"", "/tasks/1/env/LANG: it holds a NUL character"},
        {"/timeout_s", "0", "/timeout_s"},
        {"/timeout_s", "604801", "/timeout_s"},
        {"/cancel_grace_s", "601", "/cancel_grace_s"},
        {"/artifacts/0/alias", "\"..\"", "/artifacts/0/alias"},
        {"/artifacts/0/sha256", "\"abc\"", "/artifacts/0/sha256"},
        {"/artifacts/0/bytes", "68719476737", "/artifacts/0/bytes"},
        {"/limits/log_bytes", "1073741825", "/limits/log_bytes"},
        {"/limits/events", "100001", "/limits/events"},
        {"/priority", "1", "/priority: no such field"},
    }));
    INFO(pointer << " = " << value);
    CHECK_THAT(refusal(with(good, pointer, value)), Contains(message));
}

TEST_CASE("two artifacts of one alias are refused") {
    wire::Order order = samples::order();
    order.artifacts.push_back(order.artifacts[0]);
    CHECK_THAT(refusal(wire::encode(order)), Contains("/artifacts/1/alias: the alias \"site\" is taken"));
}

TEST_CASE("what an order may hold has limits") {
    const std::string good = wire::encode(samples::order());
    const std::string task = R"({"name":"a","task":"shell@1"})";
    CHECK(refusal(with(good, "/tasks", samples::list_of(limits::tasks_max, task))) == "taken");
    CHECK_THAT(refusal(with(good, "/tasks", samples::list_of(limits::tasks_max + 1, task))), Contains("at most 200"));
    CHECK(refusal(with(good, "/tasks/0/inputs", texts(limits::inputs_max))) == "taken");
    CHECK_THAT(refusal(with(good, "/tasks/0/inputs", texts(limits::inputs_max + 1))), Contains("at most 100"));
    CHECK(refusal(with(good, "/tasks/0/inputs/to", text_of(limits::input_bytes_max))) == "taken");
    CHECK_THAT(refusal(with(good, "/tasks/0/inputs/to", text_of(limits::input_bytes_max + 1))), Contains("at most"));
    CHECK(refusal(with(good, "/variables", texts(limits::variables_max))) == "taken");
    CHECK_THAT(refusal(with(good, "/variables", texts(limits::variables_max + 1))), Contains("at most 1000"));
    CHECK(refusal(with(good, "/variables/a", text_of(limits::variable_bytes_max))) == "taken");
    CHECK_THAT(refusal(with(good, "/variables/a", text_of(limits::variable_bytes_max + 1))), Contains("at most"));
    CHECK(refusal(with(good, "/working_directory", text_of(limits::path_bytes_max))) == "taken");
    CHECK_THAT(refusal(with(good, "/working_directory", text_of(limits::path_bytes_max + 1))), Contains("at most"));
    CHECK(refusal(with(good, "/name", text_of(limits::title_bytes_max))) == "taken");
    CHECK_THAT(refusal(with(good, "/name", text_of(limits::title_bytes_max + 1))), Contains("at most 200"));

    wire::Order order = samples::order();
    const wire::OrderArtifact artifact = order.artifacts[0];
    order.artifacts.clear();
    for (std::size_t i = 0; i < limits::artifacts_per_job_max; ++i) {
        order.artifacts.push_back(artifact);
        order.artifacts.back().alias = "a" + std::to_string(i);
    }
    CHECK(refusal(wire::encode(order)) == "taken");
    order.artifacts.push_back(artifact);
    CHECK_THAT(refusal(wire::encode(order)), Contains("at most 100"));
}

TEST_CASE("an envelope is read strictly") {
    const std::string good = wire::seal_order(samples::order());
    const auto refused = [](const std::string& text) { return !wire::open_order(text); };
    CHECK_FALSE(refused(good));
    CHECK(refused(with(good, "/extra", "1")));
    CHECK(refused(without(good, "/signatures")));
    CHECK(refused(without(good, "/payload")));
    CHECK(refused(with(good, "/payload", "\"e30\"")));  // no padding
    CHECK(refused(with(good, "/payload", "\"-_8=\"")));
    CHECK(refused(good + "{}"));
    CHECK(refused(with(good, "/signatures", R"([{"keyid":"k","sig":"!"}])")));
    CHECK_FALSE(refused(with(good, "/signatures", R"([{"keyid":"k","sig":"AAAA"}])")));
    CHECK(wire::open_order(with(good, "/payloadType", "\"application/vnd.slipway.order.v2+json\"")).error().reason ==
          "order_type_unknown");
    CHECK(wire::decode_envelope(good + std::string(limits::order_bytes_max - good.size(), ' ')));
    CHECK(wire::decode_envelope(good + std::string(limits::order_bytes_max - good.size() + 1, ' ')).error().code ==
          Code::limit);
}

TEST_CASE("tasks are named by name and major version") {
    CHECK(wire::is_task_reference("http-check@1"));
    CHECK(wire::is_task_reference("a@999999"));
    const char* bad =
        GENERATE("", "shell", "@1", "shell@", "shell@1.0", "Shell@1", "-a@1", "a@1234567", "a/b@1", "a@1@2");
    CHECK_FALSE(wire::is_task_reference(bad));
}
