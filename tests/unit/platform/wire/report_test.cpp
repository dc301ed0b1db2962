#include "platform/wire/report.h"

#include <catch2/catch.hpp>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "tests/unit/platform/wire/edit.h"
#include "tests/unit/platform/wire/samples.h"

using namespace slipway;
using Catch::Matchers::Contains;
using samples::with;
using samples::without;

namespace {

std::string refusal(const std::string& text, int protocol = 1) {
    return samples::verdict_on(wire::decode_report_request(text, protocol));
}

wire::ReportRequest report_of(std::size_t attempts, std::size_t log_bytes, std::size_t events) {
    wire::ReportRequest report;
    report.seq = 1;
    for (std::size_t i = 0; i < attempts; ++i) {
        wire::ReportedAttempt& attempt = report.attempts.emplace_back();
        attempt.id = samples::attempt;
        attempt.fence = 7;
        if (log_bytes > 0) attempt.log = wire::LogChunk{0, std::string(log_bytes, 'x'), {}};
    }
    for (std::size_t i = 0; i < events; ++i)
        report.attempts[0].events.push_back({static_cast<std::int64_t>(i + 1), samples::noon, 0, wire::LogGap{1}});
    return report;
}

}  // namespace

TEST_CASE("a report is refused for the first field that breaks its rule, and the field is named") {
    const std::string good = wire::encode(samples::report_request());
    REQUIRE(refusal(good) == "taken");
    const auto [pointer, value, message] = GENERATE(table<std::string, std::string, std::string>({
        {"/seq", "0", "/seq"},
        {"/attempts/0/log/offset", "-1", "/attempts/0/log/offset"},
        {"/attempts/0/log/offset", "1073741825", "/attempts/0/log/offset"},
        {"/attempts/0/log/base64", "\"a\"", "/attempts/0/log/base64: base64 text is not padded"},
        {"/attempts/0/log/marks/1", "[1]", "/attempts/0/log/marks/1: expected [offset, ms]"},
        {"/attempts/0/log/marks/1", "[1,-1]", "/attempts/0/log/marks/1: expected [offset, ms]"},
        {"/attempts/0/log/marks/0", "[11,0]", "/attempts/0/log/marks/1: offsets and times of marks only grow"},
        {"/attempts/0/events/1/seq", "3", "/attempts/0/events/1/seq: events follow each other without a hole"},
        {"/attempts/0/events/0/kind", "\"task_began\"", "/attempts/0/events/0/kind: \"task_began\" is not one of"},
        {"/attempts/0/events/0/task", "200", "/attempts/0/events/0/task"},
        {"/attempts/0/events/0/at", "\"today\"", "/attempts/0/events/0/at: \"today\" is not an RFC 3339 time"},
        {"/attempts/0/events/0/extra", "1", "/attempts/0/events/0/extra: no such field"},
        {"/attempts/0/events/1/percent", "101", "/attempts/0/events/1/percent"},
        {"/attempts/0/events/2/state", "\"running\"", "/attempts/0/events/2/state: a finished task is"},
        {"/attempts/0/outcome/result", "\"unknown\"", "/attempts/0/outcome/result"},
        {"/attempts/0/outcome/result", "\"succeeded\"", "/attempts/0/outcome/reason: what succeeded has no reason"},
        {"/attempts/0/outcome/with_issues", "true", "/attempts/0/outcome/with_issues: only beside succeeded"},
        {"/attempts/0/outcome/summary", "\"a\\nb\"", "/attempts/0/outcome/summary"},
        {"/attempts/0/outcome/exit_codes/0", "\"0\"",
         "/attempts/0/outcome/exit_codes/0: expected an exit code or null"},
        {"/attempts/0/outcome/flags/0", "\"superseded\"", "is no flag that a host gives"},
        {"/attempts/0/outcome/log_length", "1073741825", "/attempts/0/outcome/log_length"},
        {"/attempts/1/extra", "{}", "/attempts/1/extra: no such field"},
        {"/protocol", "1", "/protocol: no such field"},
    }));
    INFO(pointer << " = " << value);
    CHECK_THAT(refusal(with(good, pointer, value)), Contains(message));
}

TEST_CASE("what failed or was lost has a reason") {
    const std::string good = wire::encode(samples::outcome());
    CHECK(wire::decode_outcome(without(good, "/reason")).error().message ==
          "/reason: what failed or was lost has a reason");
    CHECK(wire::decode_outcome(with(without(good, "/reason"), "/result", "\"canceled\"")));
}

TEST_CASE("reports of a newer version may say more") {
    const std::string more = with(wire::encode(samples::report_request()), "/attempts/0/outcome/later", "1");
    CHECK_THAT(refusal(more, 1), Contains("/attempts/0/outcome/later: no such field"));
    CHECK(refusal(more, 2) == "taken");
}

TEST_CASE("logs, events and attempts of a report have limits") {
    CHECK(refusal(wire::encode(report_of(1, limits::report_log_bytes_max, 0))) == "taken");
    CHECK_THAT(refusal(wire::encode(report_of(1, limits::report_log_bytes_max + 1, 0))), Contains("at most 16384"));
    CHECK_THAT(refusal(wire::encode(report_of(1, limits::report_log_bytes_max + 3, 0))), Contains("at most 21848"));
    CHECK(refusal(wire::encode(report_of(64, limits::report_log_bytes_max, 0))) == "taken");
    CHECK_THAT(refusal(wire::encode(report_of(65, limits::report_log_bytes_max, 0))),
               Contains("1064960 bytes of logs and events in all, at most 1048576"));
    CHECK(refusal(wire::encode(report_of(limits::report_attempts_max, 0, 0))) == "taken");
    CHECK_THAT(refusal(wire::encode(report_of(limits::report_attempts_max + 1, 0, 0))), Contains("at most 256"));
    CHECK(refusal(wire::encode(report_of(1, 0, limits::report_events_max))) == "taken");
    CHECK_THAT(refusal(wire::encode(report_of(1, 0, limits::report_events_max + 1))), Contains("at most 500"));
    wire::ReportRequest two = report_of(2, 0, limits::report_events_max);
    two.attempts[1].events = {two.attempts[0].events[0]};
    CHECK_THAT(refusal(wire::encode(two)), Contains("501 events in all, at most 500"));

    wire::ReportRequest marked = report_of(1, 1, 0);
    marked.attempts[0].log->marks.resize(limits::report_marks_max);
    CHECK(refusal(wire::encode(marked)) == "taken");
    marked.attempts[0].log->marks.resize(limits::report_marks_max + 1);
    CHECK_THAT(refusal(wire::encode(marked)), Contains("1001 marks, at most 1000"));

    const std::string whole = wire::encode(report_of(1, 0, 0));
    CHECK(refusal(whole + std::string(limits::report_bytes_max - whole.size(), ' ')) == "taken");
    CHECK_THAT(refusal(whole + std::string(limits::report_bytes_max - whole.size() + 1, ' ')), Contains("at most"));
}

TEST_CASE("a long issue is cut between characters so that its line fits") {
    const std::string message =
        GENERATE(std::string(100'000, 'x'), std::string(4000, '\x01'), std::string(4097, 'x'), [] {
            std::string text;
            while (text.size() < 9000) text += "\xe2\x82\xac";
            return text;
        }());
    const wire::Event event{1, samples::noon, 0, wire::Issue{{}, wire::Severity::error, message}};
    const std::string line = wire::encode(event);
    CHECK(line.size() <= limits::event_bytes_max);
    const auto read = wire::decode_event(line);
    REQUIRE(read);
    const std::string& kept = std::get<wire::Issue>(read->what).message;
    CHECK(kept.size() <= limits::issue_bytes_max);
    CHECK(kept.size() > 1000);
    CHECK(kept.substr(kept.size() - 3) == "...");
    CHECK(kept.find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("a message of the longest length is kept whole") {
    const wire::Event event{1, samples::noon, 0,
                            wire::Issue{{}, wire::Severity::error, std::string(limits::issue_bytes_max, 'x')}};
    CHECK(wire::decode_event(wire::encode(event)).value() == event);
    CHECK(wire::fits(event));
    CHECK_FALSE(
        wire::fits({1, samples::noon, 0, wire::VariableSet{0, "a", std::string(limits::event_bytes_max, 'x')}}));
}

TEST_CASE("an event line longer than its limit is refused") {
    const std::string line = wire::encode(samples::events()[0]);
    CHECK(wire::decode_event(line + std::string(limits::event_bytes_max - line.size(), ' ')));
    CHECK(wire::decode_event(line + std::string(limits::event_bytes_max - line.size() + 1, ' ')).error().code ==
          Code::limit);
    CHECK(wire::decode_event(with(line, "/seq", std::to_string(limits::events_max))));
    CHECK_FALSE(wire::decode_event(with(line, "/seq", std::to_string(limits::events_max + 1))));
}

TEST_CASE("a summary is one line of at most two hundred bytes") {
    CHECK(wire::to_summary("  a\n\tb\x1b[0m \n") == "a  b [0m");
    CHECK(wire::to_summary("\n \n").empty());
    CHECK(wire::to_summary(std::string(limits::summary_bytes_max + 1, 'x')) ==
          std::string(limits::summary_bytes_max, 'x'));
    std::string text(limits::summary_bytes_max - 1, 'x');
    CHECK(wire::to_summary(text + "\xc3\xa4") == text);  // not in the middle of a character
    wire::Outcome outcome = samples::outcome();
    outcome.summary = text + "x";
    CHECK(wire::decode_outcome(wire::encode(outcome)));
    outcome.summary += "x";
    CHECK(wire::decode_outcome(wire::encode(outcome)).error().code == Code::limit);
}

TEST_CASE("each attempt of an answer is judged alone") {
    const auto answer = wire::decode_report_answer(wire::encode(samples::report_answer())).value();
    REQUIRE(answer.attempts.size() == 3);
    CHECK(answer.attempts[0].outcome_stored);
    CHECK(answer.attempts[1].superseded);
    CHECK(answer.attempts[2].error == "stale_fence");
    CHECK_FALSE(answer.attempts[2].outcome_stored);
}
