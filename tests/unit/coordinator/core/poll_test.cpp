#include "coordinator/core/poll.h"

#include <catch2/catch.hpp>

#include "coordinator/core/job_rules.h"

using namespace slipway;
using namespace slipway::core;

namespace {

constexpr Time now{1'000'000'000};

Poll poll_of(std::string boot = "boot-1", std::int64_t epoch = 1) {
    Poll poll;
    poll.instance = "i1";
    poll.start_epoch = epoch;
    poll.boot_id = std::move(boot);
    poll.slots = 2;
    return poll;
}

/// A job that was leased to the agent of the poll, at fence 7.
Case leased_case() {
    Case of;
    of.job.row = 1;
    of.job.state = JobState::leased;
    of.job.current_attempt_row = 7;
    of.attempt.row = 7;
    of.attempt.id = "a7";
    of.attempt.fence = 7;
    of.attempt.job_row = 1;
    of.attempt.handed_boot_id = "boot-1";
    return of;
}

Case running_case() {
    Case of = leased_case();
    of.attempt.state = AttemptState::running;
    of.attempt.acknowledged = true;
    of.attempt.listed_epoch = 1;
    of.job.state = JobState::running;
    return of;
}

Poll listing(HeldState state, Poll poll = poll_of()) {
    poll.attempts.push_back({"a7", "j1", 7, state});
    return poll;
}

}  // namespace

TEST_CASE("an order is sent again until it is listed") {
    std::vector<Case> cases = {leased_case()};
    take_list(poll_of(), true, cases, now);
    Mail mail = mail_for(poll_of(), true, cases);
    REQUIRE(mail.orders.size() == 1);
    CHECK(mail.orders[0].fence == 7);
    CHECK(mail.urgent);

    take_list(listing(HeldState::received), true, cases, now);
    CHECK(cases[0].attempt.state == AttemptState::received);
    CHECK(cases[0].attempt.acknowledged);
    CHECK(mail_for(listing(HeldState::received), true, cases).orders.empty());
}

TEST_CASE("an order that was not acknowledged is bound to the boot that it was first handed to") {
    std::vector<Case> cases = {leased_case()};
    const Poll poll = poll_of("boot-2");
    take_list(poll, true, cases, now);
    CHECK(cases[0].attempt.state == AttemptState::unknown);
    CHECK(cases[0].job.state == JobState::unknown);
    CHECK(mail_for(poll, true, cases).orders.empty());
    // Nor when the first boot's disk comes back.
    take_list(poll_of("boot-1"), true, cases, now);
    CHECK(mail_for(poll_of("boot-1"), true, cases).orders.empty());
}

TEST_CASE("only the current attempt of a job that has not ended is sent") {
    std::vector<Case> cases = {leased_case()};
    SECTION("a newer attempt is current") { cases[0].job.current_attempt_row = 8; }
    SECTION("the job was resolved") { cases[0].job.state = JobState::failed; }
    SECTION("the agent may get no orders") {
        CHECK(mail_for(poll_of(), false, cases).orders.empty());
        return;
    }
    CHECK(mail_for(poll_of(), true, cases).orders.empty());
}

TEST_CASE("a refused order becomes unknown and is never sent again") {
    std::vector<Case> cases = {leased_case()};
    Poll poll = poll_of();
    poll.refused.push_back({"a7", 7});
    take_list(poll, true, cases, now);
    CHECK(cases[0].job.state == JobState::unknown);
    CHECK(mail_for(poll_of(), true, cases).orders.empty());
}

TEST_CASE("only listed attempts renew their lease") {
    std::vector<Case> cases = {running_case()};
    take_list(listing(HeldState::running), true, cases, now);
    CHECK(cases[0].attempt.lease_until == now + 90s);
    take_list(poll_of(), true, cases, now + 30s);
    CHECK(cases[0].attempt.lease_until == now + 90s);
}

TEST_CASE("an acknowledged attempt that a restarted agent lacks is lost") {
    std::vector<Case> cases = {running_case()};
    SECTION("the same start: it is only missing for the moment") {
        take_list(poll_of("boot-1", 1), true, cases, now);
        CHECK(cases[0].attempt.state == AttemptState::running);
    }
    SECTION("a later start") {
        take_list(poll_of("boot-1", 2), true, cases, now);
        CHECK(cases[0].attempt.state == AttemptState::lost);
        CHECK(cases[0].attempt.reason == Reason::attempt_unknown_to_agent);
        CHECK(cases[0].job.state == JobState::failed);
    }
    SECTION("a later start whose list is not whole, before it echoes a restore") {
        take_list(poll_of("boot-1", 2), false, cases, now);
        CHECK(cases[0].attempt.state == AttemptState::running);
    }
}

TEST_CASE("an unknown attempt comes back with the next list that holds it") {
    std::vector<Case> cases = {running_case()};
    take_silence(cases[0], now);
    REQUIRE(cases[0].job.state == JobState::unknown);
    take_list(listing(HeldState::running), true, cases, now);
    CHECK(cases[0].job.state == JobState::running);
    CHECK(cases[0].attempt.fence == 7);
}

TEST_CASE("a cancel stands in every answer until the outcome is stored") {
    std::vector<Case> cases = {running_case()};
    REQUIRE(cancel(cases[0].job, now));
    Mail mail = mail_for(listing(HeldState::running), true, cases);
    REQUIRE(mail.cancels.size() == 1);
    CHECK(mail.cancels[0].grace_s == 10);
    CHECK(mail.urgent);

    mail = mail_for(listing(HeldState::canceling), true, cases);
    CHECK(mail.cancels.size() == 1);
    CHECK_FALSE(mail.urgent);  // it knows: no reason to end its poll

    cases[0].attempt.outcome_stored = true;
    CHECK(mail_for(listing(HeldState::ended), true, cases).cancels.empty());
}

TEST_CASE("an order that is cancelled before it arrived travels with its cancel") {
    std::vector<Case> cases = {leased_case()};
    REQUIRE(cancel(cases[0].job, now));
    const Mail mail = mail_for(poll_of(), true, cases);
    CHECK(mail.orders.size() == 1);
    CHECK(mail.cancels.size() == 1);
}

TEST_CASE("an attempt may be forgotten when its outcome is stored and its log sealed") {
    std::vector<Case> cases = {running_case()};
    cases[0].attempt.state = AttemptState::succeeded;
    cases[0].attempt.outcome_stored = true;
    CHECK(mail_for(listing(HeldState::ended), true, cases).forget.empty());
    cases[0].attempt.log_sealed = true;
    CHECK(mail_for(listing(HeldState::ended), true, cases).forget == std::vector<std::string>{"a7"});
}

TEST_CASE("an outcome frees its slot at once") {
    std::vector<Case> cases = {running_case()};
    const Poll poll = listing(HeldState::running);
    CHECK(free_slots(poll, cases, {}) == 1);
    cases[0].attempt.outcome_stored = true;
    CHECK(free_slots(poll, cases, {}) == 2);
    CHECK(free_slots(listing(HeldState::ended), {running_case()}, {}) == 2);
    Mail mail;
    mail.orders = {{1, "x", 9}, {2, "y", 10}};
    CHECK(free_slots(poll_of(), {}, mail) == 0);
}

TEST_CASE("who is who: restarts go on, late words are ignored, copies are conflicts") {
    Agent agent;
    agent.instance = "i1";
    agent.start_epoch = 5;
    std::optional<Steady> since = Steady{1000};
    Poll poll = poll_of();
    const auto judged = [&](std::string instance, std::int64_t epoch, std::int64_t handshake) {
        poll.instance = std::move(instance);
        poll.start_epoch = epoch;
        poll.handshake = Steady{handshake};
        return judge_identity(agent, poll, since);
    };
    CHECK(judged("i1", 5, 0) == Identity::same);
    CHECK(judged("i2", 6, 2000) == Identity::restart);
    CHECK(judged("i2", 5, 2000) == Identity::conflict);  // a cloned disk: same epoch, other instance
    CHECK(judged("i0", 4, 2000) == Identity::conflict);  // older, on a line made after the newer one's first poll
    CHECK(judged("i0", 4, 500) == Identity::stale);      // older, on an old line: a dead link's last words
    since.reset();
    CHECK(judged("i0", 4, 500) == Identity::conflict);  // older, on a line of this start of the coordinator
    agent.rejected_instance = "i3";
    CHECK(judged("i3", 9, 2000) == Identity::conflict);
    CHECK(judge_identity(Agent{}, poll_of(), std::nullopt) == Identity::restart);
}
