#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/unit/platform/wire/samples.h"

using namespace slipway;

namespace {

const std::string folder = "tests/golden/wire/v1/";

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Reads a message and makes its text again; an error's message if it cannot be read.
using Again = std::function<std::string(std::string_view)>;

template <typename Decode>
Again again(Decode decode) {
    return [decode](std::string_view text) {
        auto message = decode(text);
        return message ? wire::encode(*message) : message.error().message;
    };
}

struct Golden {
    std::string name;
    std::string text;
    Again again;
};

std::string lines(const std::vector<wire::Event>& events) {
    std::string text;
    for (const auto& event : events) text += (text.empty() ? "" : "\n") + wire::encode(event);
    return text;
}

std::string lines_again(std::string_view text) {
    std::vector<wire::Event> events;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto event = wire::decode_event(text.substr(0, end));
        if (!event) return event.error().message;
        events.push_back(*event);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines(events);
}

std::vector<Golden> goldens() {
    using namespace samples;
    const auto report = [](std::string_view text) { return wire::decode_report_request(text, 1); };
    const auto outcome_of = [](std::string_view text) { return wire::decode_outcome(text); };
    const auto problem_of = [](std::string_view text) {
        return Result<wire::Problem>(wire::decode_problem(text, 409));
    };
    return {
        {"enroll_request", encode(enroll_request()), again(wire::decode_enroll_request)},
        {"enroll_answer", encode(enroll_answer()), again(wire::decode_enroll_answer)},
        {"renew_request", encode(renew_request()), again(wire::decode_renew_request)},
        {"renew_answer", encode(renew_answer()), again(wire::decode_renew_answer)},
        {"poll_request_idle", encode(poll_request_idle()), again(wire::decode_poll_request)},
        {"poll_request", encode(poll_request()), again(wire::decode_poll_request)},
        {"poll_answer_empty", encode(poll_answer_empty()), again(wire::decode_poll_answer)},
        {"poll_answer", encode(poll_answer()), again(wire::decode_poll_answer)},
        {"poll_answer_refused", encode(poll_answer_refused()), again(wire::decode_poll_answer)},
        {"report_request", encode(report_request()), again(report)},
        {"report_answer", encode(report_answer()), again(wire::decode_report_answer)},
        {"log_answer", encode(log_answer()), again(wire::decode_log_answer)},
        {"problem_wrong_offset", encode(problem()), again(problem_of)},
        {"order", encode(order()), again(wire::decode_order)},
        {"envelope", wire::seal_order(order()), again(wire::decode_envelope)},
        {"outcome_failed", encode(outcome()), again(outcome_of)},
        {"outcome_succeeded", encode(outcome_succeeded()), again(outcome_of)},
        {"outcome_lost", encode(outcome_lost()), again(outcome_of)},
        {"events", lines(events()), lines_again},
    };
}

}  // namespace

TEST_CASE("every message has the bytes of its golden file and is read back from them") {
    for (const Golden& golden : goldens()) {
        const std::string path = folder + golden.name + ".json";
        if (std::getenv("SLIPWAY_WRITE_GOLDEN")) std::ofstream(path, std::ios::binary) << golden.text << '\n';
        INFO(path);
        const std::string expected = contents(path);
        CHECK(golden.text + "\n" == expected);
        if (!expected.empty())
            CHECK(golden.again(std::string_view(expected).substr(0, expected.size() - 1)) == golden.text);
    }
}

TEST_CASE("PROTOCOL.md shows every golden file as it is") {
    const std::string page = contents("platform/wire/PROTOCOL.md");
    for (const Golden& golden : goldens()) {
        INFO(golden.name);
        CHECK(page.find("\n" + contents(folder + golden.name + ".json")) != std::string::npos);
    }
}
