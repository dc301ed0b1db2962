#include "coordinator/core/job_rules.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::core;

namespace {

constexpr Time now{1'000'000'000};

Job job_in(JobState state) {
    Job job;
    job.row = 1;
    job.state = state;
    job.current_attempt_row = 7;
    return job;
}

}  // namespace

TEST_CASE("cancelling: what becomes of a job in each state") {
    const auto [before, after] = GENERATE(table<JobState, JobState>({{JobState::queued, JobState::canceled},
                                                                     {JobState::leased, JobState::canceling},
                                                                     {JobState::running, JobState::canceling},
                                                                     {JobState::canceling, JobState::canceling},
                                                                     {JobState::unknown, JobState::unknown}}));
    Job job = job_in(before);
    REQUIRE(cancel(job, now));
    CHECK(job.state == after);
    CHECK(job.cancel_requested);
    CHECK(job.ended.has_value() == (after == JobState::canceled));
}

TEST_CASE("an ended job can be neither cancelled, retried nor resolved") {
    const auto state = GENERATE(JobState::succeeded, JobState::failed, JobState::canceled);
    Job job = job_in(state);
    CHECK(cancel(job, now).error().reason == "already_finished");
    CHECK(retry(job).error().reason == "already_finished");
    CHECK(resolve(job, {JobState::succeeded, "anna", "seen"}, now).error().reason == "already_finished");
    CHECK(job.state == state);
}

TEST_CASE("retry and resolve are for unknown jobs only") {
    const auto state = GENERATE(JobState::queued, JobState::leased, JobState::running, JobState::canceling);
    Job job = job_in(state);
    CHECK(retry(job).error().reason == "not_unknown");
    CHECK(resolve(job, {JobState::succeeded, "anna", "seen"}, now).error().reason == "not_unknown");
    CHECK(job.state == state);
}

TEST_CASE("a person ends what is unknown") {
    Job retried = job_in(JobState::unknown);
    REQUIRE(retry(retried));
    CHECK(retried.state == JobState::queued);
    CHECK(retried.current_attempt_row == 0);

    Job resolved = job_in(JobState::unknown);
    REQUIRE(resolve(resolved, {JobState::succeeded, "anna", "the page is served"}, now));
    CHECK(resolved.state == JobState::succeeded);
    CHECK(resolved.resolved_by == "anna");
    CHECK(resolved.ended == now);
}

TEST_CASE("a lease binds an attempt to its agent, fence and boot") {
    Job job = job_in(JobState::queued);
    job.current_attempt_row = 0;
    Agent agent;
    agent.row = 3;
    agent.boot_id = "boot-1";
    Attempt attempt = lease(job, agent, 42, "id", now);
    attempt.row = 9;
    leased(job, attempt);
    CHECK(attempt.state == AttemptState::leased);
    CHECK(attempt.fence == 42);
    CHECK(attempt.handed_boot_id == "boot-1");
    CHECK(attempt.lease_until == now + 90s);
    CHECK(agent.last_used_fence == 42);
    CHECK(job.state == JobState::leased);
    CHECK(job.current_attempt_row == 9);
}
