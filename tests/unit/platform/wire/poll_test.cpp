#include "platform/wire/poll.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "platform/wire/protocol.h"
#include "tests/unit/platform/wire/edit.h"
#include "tests/unit/platform/wire/samples.h"

using namespace slipway;
using Catch::Matchers::Contains;
using samples::with;
using samples::without;

namespace {

std::string refusal(const std::string& text) { return samples::verdict_on(wire::decode_poll_request(text)); }

}  // namespace

TEST_CASE("a poll is refused for the first field that breaks its rule, and the field is named") {
    const std::string good = wire::encode(samples::poll_request());
    REQUIRE(refusal(good) == "taken");
    const auto [pointer, value, message] = GENERATE(table<std::string, std::string, std::string>({
        {"/protocol", "0", "/protocol: version 0 of the agent protocol is not served"},
        {"/instance", "\"5F\"", "/instance: \"5F\" is not 32 lower-case hex digits"},
        {"/start_epoch", "0", "/start_epoch"},
        {"/start_epoch", "9223372036854775808", "/start_epoch"},
        {"/seq", "\"1\"", "/seq: expected an integer"},
        {"/slots", "0", "/slots: expected an integer from 1 to 64"},
        {"/slots", "65", "/slots: expected an integer from 1 to 64"},
        {"/capabilities_sha256", "\"AB\"", "/capabilities_sha256"},
        {"/capabilities/bash", "5", "/capabilities/bash: expected one line, found an integer"},
        {"/capabilities/a b", "\"\"", "/capabilities/a b: \"a b\" is not a word"},
        {"/attempts/0/state", "\"succeeded\"", "/attempts/0/state: \"succeeded\" is not one of the words"},
        {"/attempts/0/id", "\"../etc\"", "/attempts/0/id: \"../etc\" is not a UUID"},
        {"/attempts/0/fence", "-1", "/attempts/0/fence"},
        {"/attempts/0/extra", "1", "/attempts/0/extra: no such field"},
        {"/refused/0/fence", "0", "/refused/0/fence"},
        {"/restore_epoch", "-1", "/restore_epoch"},
        {"/boot_id", "\"a/b\"", "/boot_id"},
        {"/extra", "null", "/extra: no such field"},
    }));
    INFO(pointer << " = " << value);
    CHECK_THAT(refusal(with(good, pointer, value)), Contains(message));
}

TEST_CASE("every field of a poll but its lists and capabilities is demanded") {
    const std::string good = wire::encode(samples::poll_request());
    const char* field = GENERATE("protocol", "instance", "start_epoch", "boot_id", "seq", "slots",
                                 "capabilities_sha256", "restore_epoch", "highest_fence", "pruned_fence");
    CHECK(refusal(without(good, std::string("/") + field)) == std::string("/") + field + ": this field is missing");
    CHECK(refusal(without(without(without(good, "/capabilities"), "/attempts"), "/refused")) == "taken");
}

TEST_CASE("a newer agent may say more, an agent of this version may not") {
    const std::string more = with(wire::encode(samples::poll_request()), "/attempts/0/mood", "\"good\"");
    CHECK_THAT(refusal(more), Contains("/attempts/0/mood: no such field"));
    CHECK(refusal(with(more, "/protocol", "2")) == "taken");
}

TEST_CASE("the lists of a poll have limits") {
    const std::string good = wire::encode(samples::poll_request_idle());
    const std::string held =
        R"({"id":")" + samples::attempt + R"(","job":")" + samples::job + R"(","fence":9,"state":"ended"})";
    const std::string pair = R"({"attempt":")" + samples::attempt + R"(","fence":9})";
    CHECK(refusal(with(good, "/attempts", samples::list_of(limits::poll_attempts_max, held))) == "taken");
    CHECK_THAT(refusal(with(good, "/attempts", samples::list_of(limits::poll_attempts_max + 1, held))),
               Contains("/attempts: 1201 items, at most 1200"));
    CHECK(refusal(with(good, "/refused", samples::list_of(limits::poll_refused_max, pair))) == "taken");
    CHECK_THAT(refusal(with(good, "/refused", samples::list_of(limits::poll_refused_max + 1, pair))),
               Contains("at most 256"));
    CHECK(refusal(with(good, "/capabilities", samples::texts(limits::capabilities_max))) == "taken");
    CHECK_THAT(refusal(with(good, "/capabilities", samples::texts(limits::capabilities_max + 1))),
               Contains("at most 2000"));
    const std::string value(limits::capability_bytes_max, 'x');
    CHECK(refusal(with(good, "/capabilities", R"({"os":")" + value + "\"}")) == "taken");
    CHECK_THAT(refusal(with(good, "/capabilities", R"({"os":")" + value + "x\"}")), Contains("201 bytes, at most 200"));
    CHECK_THAT(refusal(good + std::string(limits::poll_bytes_max - good.size() + 1, ' ')), Contains("at most 262144"));
}

TEST_CASE("an answer may begin with beats and hold fields of a later version") {
    const std::string text = wire::encode(samples::poll_answer());
    const auto answer = wire::decode_poll_answer("\n\n\n" + with(text, "/orders/0/later", "1"));
    REQUIRE(answer);
    CHECK(answer->orders == samples::poll_answer().orders);
    CHECK(answer->cancels == samples::poll_answer().cancels);
    CHECK_FALSE(answer->problem);
    CHECK(wire::decode_poll_answer(with(text, "/later", "{}")));
}

TEST_CASE("garbage in an answer is an error and no answer") {
    const std::string text = wire::encode(samples::poll_answer());
    CHECK_FALSE(wire::decode_poll_answer("\n\n"));
    CHECK_FALSE(wire::decode_poll_answer("<html>"));
    CHECK_FALSE(wire::decode_poll_answer(text.substr(0, text.size() / 2)));
    CHECK_FALSE(wire::decode_poll_answer(with(text, "/orders/0/document", "\"a===\"")));
    CHECK_FALSE(wire::decode_poll_answer(with(text, "/orders/0/attempt", "\"../x\"")));
    CHECK_FALSE(wire::decode_poll_answer(with(text, "/cancels/0/grace_s", "601")));
    CHECK_FALSE(wire::decode_poll_answer(without(text, "/restore_epoch")));
    CHECK(wire::decode_poll_answer(text + std::string(limits::poll_answer_bytes_max - text.size(), ' ')));
    CHECK(wire::decode_poll_answer(text + std::string(limits::poll_answer_bytes_max - text.size() + 1, ' '))
              .error()
              .code == Code::limit);
}

TEST_CASE("a refusal after a beat keeps its status, code and reason") {
    const auto answer = wire::decode_poll_answer("\n" + wire::encode(samples::poll_answer_refused())).value();
    REQUIRE(answer.problem);
    const Error error = wire::to_error(*answer.problem);
    CHECK(answer.problem->status == 409);
    CHECK(error.code == Code::conflict);
    CHECK(error.reason == "identity_conflict");
}

TEST_CASE("the room that an order takes in an answer is known before it is written") {
    wire::PollAnswer answer = samples::poll_answer_empty();
    const std::size_t bare = wire::encode(answer).size();
    const std::size_t bytes = GENERATE(1u, 2u, 3u, 1000u, 100'000u);
    answer.orders.push_back({samples::attempt, 9'223'372'036'854'775'807, std::string(bytes, 'x')});
    answer.orders.push_back(answer.orders.front());
    CHECK(wire::encode(answer).size() == bare + 2 * wire::encoded_order_bytes(bytes) - 1);  // one comma less
}
