#include "coordinator/core/report.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::core;

namespace {

constexpr Time now{1'000'000'000};

Case running_case() {
    Case of;
    of.job.row = 1;
    of.job.state = JobState::running;
    of.job.current_attempt_row = 7;
    of.attempt.row = 7;
    of.attempt.job_row = 1;
    of.attempt.state = AttemptState::running;
    return of;
}

ReportItem ended(Ending ending, std::optional<Reason> reason = {}) {
    ReportItem item;
    item.outcome = Outcome{ending, reason, {}, "", 10, "digest", {}, {}, "{}"};
    return item;
}

}  // namespace

TEST_CASE("an outcome ends its attempt and its job") {
    Case of = running_case();
    const ReportVerdict verdict = take_report(ended(Ending::failed, Reason::exit_code), of, now);
    CHECK(verdict.outcome_stored);
    CHECK_FALSE(verdict.superseded);
    CHECK(of.attempt.state == AttemptState::failed);
    CHECK(of.job.state == JobState::failed);
    CHECK(of.job.reason == Reason::exit_code);
}

TEST_CASE("a stored outcome never changes") {
    Case of = running_case();
    take_report(ended(Ending::failed, Reason::exit_code), of, now);
    const ReportVerdict again = take_report(ended(Ending::succeeded), of, now);
    CHECK(again.outcome_stored);
    CHECK(of.attempt.state == AttemptState::failed);
    CHECK(of.job.state == JobState::failed);
    CHECK_FALSE(again.superseded);
}

TEST_CASE("a host that lost the end of its log takes back what it promised of it, and nothing else") {
    Case of = running_case();
    take_report(ended(Ending::failed, Reason::exit_code), of, now);
    REQUIRE(take_log(of.attempt, 4, "digest of 4") == Seal::wait);
    ReportItem less = ended(Ending::succeeded);
    less.outcome->log_length = 4;
    less.outcome->log_sha256.clear();
    less.outcome->flags = {Flag::log_gap};
    take_report(less, of, now);
    CHECK(of.attempt.state == AttemptState::failed);
    CHECK(take_log(of.attempt, 4, "digest of 4") == Seal::sealed);
    CHECK(of.attempt.flags == std::set<Flag>{Flag::log_gap});
}

TEST_CASE("what comes late is stored under its attempt and moves nothing") {
    Case of = running_case();
    SECTION("the job was resolved") { of.job.state = JobState::failed; }
    SECTION("a newer attempt is current") { of.job.current_attempt_row = 8; }
    SECTION("the attempt was given up as lost") {
        of.attempt.state = AttemptState::lost;
        of.job.state = JobState::failed;
    }
    const JobState job_before = of.job.state;
    const ReportVerdict verdict = take_report(ended(Ending::succeeded), of, now);
    CHECK(verdict.outcome_stored);
    CHECK(verdict.superseded);
    CHECK(of.attempt.flags.contains(Flag::superseded));
    CHECK(of.attempt.outcome_stored);
    CHECK(of.job.state == job_before);
}

TEST_CASE("a report acknowledges an order, and a started task makes it running") {
    Case of = running_case();
    of.attempt.state = AttemptState::leased;
    of.job.state = JobState::leased;
    take_report({}, of, now);
    CHECK(of.attempt.acknowledged);
    CHECK(of.attempt.state == AttemptState::received);
    ReportItem started;
    started.started = true;
    take_report(started, of, now);
    CHECK(of.job.state == JobState::running);
    CHECK(of.job.started == now);
}

TEST_CASE("a log is sealed when all of it is here and its digest fits") {
    Case of = running_case();
    CHECK(take_log(of.attempt, 10, "digest") == Seal::wait);  // no outcome yet
    take_report(ended(Ending::succeeded), of, now);
    CHECK(take_log(of.attempt, 9, "other") == Seal::wait);
    CHECK(take_log(of.attempt, 10, "digest") == Seal::sealed);
    CHECK(of.attempt.log_sealed);
    CHECK(of.attempt.flags.empty());
}

TEST_CASE("a digest that does not fit asks for all of it once more, then marks the log") {
    Case of = running_case();
    take_report(ended(Ending::succeeded), of, now);
    CHECK(take_log(of.attempt, 10, "other") == Seal::send_again);
    CHECK_FALSE(of.attempt.log_sealed);
    CHECK(take_log(of.attempt, 10, "other") == Seal::send_again);  // whoever was to throw it away was killed
    log_begun_anew(of.attempt);
    CHECK(take_log(of.attempt, 4, "part") == Seal::wait);
    CHECK(take_log(of.attempt, 10, "other") == Seal::sealed);
    CHECK(of.attempt.flags.contains(Flag::log_mismatch));
}

TEST_CASE("after a power cut the log is sealed at what is here") {
    Case of = running_case();
    ReportItem item = ended(Ending::lost, Reason::host_restarted);
    item.outcome->log_sha256.clear();
    item.outcome->log_length.reset();
    take_report(item, of, now);
    CHECK(of.job.reason == Reason::host_restarted);
    CHECK(take_log(of.attempt, 3, "anything") == Seal::sealed);
}
