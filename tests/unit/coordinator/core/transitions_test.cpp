#include "coordinator/core/transitions.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"

using namespace slipway;
using namespace slipway::core;

namespace {

constexpr Time now{1'000'000};

struct Pair {
    Attempt attempt;
    Job job;
};

Pair running_pair() {
    Pair pair;
    pair.job.row = 1;
    pair.job.state = JobState::running;
    pair.job.current_attempt_row = 7;
    pair.attempt.row = 7;
    pair.attempt.job_row = 1;
    pair.attempt.state = AttemptState::running;
    return pair;
}

}  // namespace

TEST_CASE("a job follows its current attempt") {
    Pair pair = running_pair();
    CHECK(move(pair.attempt, pair.job, AttemptEvent::contact_lost, std::nullopt, now) == JobMove::changed);
    CHECK(pair.job.state == JobState::unknown);
    CHECK_FALSE(pair.job.ended);

    CHECK(move(pair.attempt, pair.job, AttemptEvent::listed_running, std::nullopt, now) == JobMove::changed);
    CHECK(pair.job.state == JobState::running);

    pair.attempt.summary = "exit code 3";
    CHECK(move(pair.attempt, pair.job, AttemptEvent::outcome_failed, Reason::exit_code, now) == JobMove::changed);
    CHECK(pair.job.state == JobState::failed);
    CHECK(pair.job.reason == Reason::exit_code);
    CHECK(pair.job.summary == "exit code 3");
    CHECK(pair.job.ended == now);
}

TEST_CASE("an attempt that is lost makes its job failed with the attempt's reason") {
    Pair pair = running_pair();
    move(pair.attempt, pair.job, AttemptEvent::host_forgot, Reason::attempt_unknown_to_agent, now);
    CHECK(pair.attempt.state == AttemptState::lost);
    CHECK(pair.job.state == JobState::failed);
    CHECK(pair.job.reason == Reason::attempt_unknown_to_agent);
}

TEST_CASE("an idempotent job is queued again when its attempt is lost or unknown, at most twice") {
    const auto event = GENERATE(AttemptEvent::contact_lost, AttemptEvent::host_forgot);
    Pair pair = running_pair();
    pair.job.idempotent = true;
    for (int retry = 1; retry <= limits::automatic_retries_max; ++retry) {
        CHECK(move(pair.attempt, pair.job, event, Reason::attempt_unknown_to_agent, now) == JobMove::queued_again);
        CHECK(pair.job.state == JobState::queued);
        CHECK(pair.job.current_attempt_row == 0);
        CHECK(pair.job.automatic_retries == retry);
        pair = Pair{running_pair().attempt, pair.job};
        pair.job.state = JobState::running;
        pair.job.current_attempt_row = pair.attempt.row;
    }
    CHECK(move(pair.attempt, pair.job, event, Reason::attempt_unknown_to_agent, now) == JobMove::changed);
    CHECK(pair.job.state != JobState::queued);
}

TEST_CASE("a job that is being cancelled is not queued again") {
    Pair pair = running_pair();
    pair.job.idempotent = true;
    pair.job.cancel_requested = true;
    move(pair.attempt, pair.job, AttemptEvent::contact_lost, std::nullopt, now);
    CHECK(pair.job.state == JobState::unknown);
}

TEST_CASE("an ended job never changes") {
    const auto event = GENERATE(AttemptEvent::outcome_succeeded, AttemptEvent::listed_running,
                                AttemptEvent::contact_lost, AttemptEvent::agent_deleted);
    Pair pair = running_pair();
    pair.job.state = JobState::failed;
    CHECK(move(pair.attempt, pair.job, event, std::nullopt, now) == JobMove::none);
    CHECK(pair.job.state == JobState::failed);
}

TEST_CASE("an attempt that is no longer current moves only itself") {
    Pair pair = running_pair();
    pair.job.current_attempt_row = 8;
    CHECK(move(pair.attempt, pair.job, AttemptEvent::outcome_succeeded, std::nullopt, now) == JobMove::none);
    CHECK(pair.attempt.state == AttemptState::succeeded);
    CHECK(pair.job.state == JobState::running);
}

TEST_CASE("a cancel of an unknown job takes effect when its agent comes back") {
    Pair pair = running_pair();
    pair.attempt.state = AttemptState::unknown;
    pair.job.state = JobState::unknown;
    pair.job.cancel_requested = true;
    move(pair.attempt, pair.job, AttemptEvent::listed_running, std::nullopt, now);
    CHECK(pair.job.state == JobState::canceling);
}
