#include "coordinator/core/restored.h"

#include <limits>

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::core;

namespace {

constexpr Time now{1'000'000'000};

Agent agent_at(std::int64_t restore_epoch, std::int64_t pruned_fence = 0) {
    Agent agent;
    agent.row = 3;
    agent.name = "web";
    agent.pool_row = 2;
    agent.boot_id = "boot-1";
    agent.restore_epoch = restore_epoch;
    agent.pruned_fence = pruned_fence;
    return agent;
}

}  // namespace

TEST_CASE("an agent's first list is the one that brings its row to the epoch of the restore") {
    Poll poll;
    poll.restore_epoch = GENERATE(0, 1, 2, 3);
    const std::int64_t known = GENERATE(0, 1, 2);
    CHECK(is_first_list(agent_at(known), poll, 2) == (poll.restore_epoch == 2 && known < 2));
}

TEST_CASE("without a restore no list is a first one") { CHECK_FALSE(is_first_list(agent_at(0), Poll{}, 0)); }

TEST_CASE("a fence may have been given up to 2^52") {
    CHECK(may_have_been_given(std::int64_t{1} << 52));
    CHECK_FALSE(may_have_been_given((std::int64_t{1} << 52) + 1));
    CHECK_FALSE(may_have_been_given(std::numeric_limits<std::int64_t>::max()));
}

TEST_CASE("an agent has shown all when it echoed the epoch and removed nothing newer than the backup") {
    const Restore restore{2, 100};
    CHECK(has_shown_all(agent_at(2, 100), restore));
    CHECK_FALSE(has_shown_all(agent_at(2, 101), restore));
    CHECK_FALSE(has_shown_all(agent_at(1, 100), restore));
}

TEST_CASE("of several attempts of a job the highest fence takes over, but never an ended job") {
    Job job = recovered_job(agent_at(2), "a-job", now);
    CHECK(job.state == JobState::unknown);
    job.row = 9;
    Attempt attempt = adopted(agent_at(2), {"an-attempt", "a-job", 50, HeldState::ended}, job, now);
    attempt.row = 5;
    CHECK(attempt.job_row == 9);
    CHECK(attempt.state == AttemptState::unknown);
    CHECK(attempt.withheld);
    const std::int64_t highest = GENERATE(49, 50, 51);
    job.state = GENERATE(JobState::queued, JobState::unknown, JobState::succeeded);
    const bool takes = highest < 50 && !is_final(job.state);
    const JobState before = job.state;
    CHECK(take_over(job, attempt, highest) == takes);
    CHECK(job.current_attempt_row == (takes ? 5 : 0));
    CHECK(job.state == (takes ? JobState::unknown : before));
    CHECK(job.attempts == 1);
}
