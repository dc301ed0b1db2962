#include <catch2/catch.hpp>

#include "tests/unit/coordinator/desk/fixture.h"

using namespace slipway;
using namespace slipway::desk;
using namespace slipway::desk::test;

namespace {

/// A job that runs on agent "web".
struct RunningJob : Shop {
    Host host{*this, "web"};
    const core::Job published = make_job("publish");

    RunningJob() {
        REQUIRE(host.poll());
        host.take_orders(HeldState::running);
        host.poll();
    }
};

}  // namespace

TEST_CASE("a job that is created while an agent waits leaves with the answer to its poll, in the same turn") {
    Shop shop;
    Host host(shop, "web");
    CHECK_FALSE(host.poll());
    const core::Job job = shop.make_job("publish");
    REQUIRE(host.answer);
    REQUIRE(host.answer->has_value());
    REQUIRE((*host.answer)->orders.size() == 1);
    CHECK((*host.answer)->orders[0].document == "publish/1");
    CHECK(shop.job(job.id).state == JobState::leased);
}

TEST_CASE("on a full disk nothing is handed out, and ends are taken all the same") {
    Shop shop;
    Host host(shop, "web");
    const core::Job running = shop.make_job("running");
    REQUIRE(host.poll());
    host.take_orders();
    host.next.slots = 2;
    host.hold_all_as(HeldState::running);
    CHECK_FALSE(host.poll());

    shop.room = false;
    const core::Job waiting = shop.make_job("waiting");
    CHECK(shop.job(waiting.id).state == JobState::queued);
    host.poll();
    CHECK(shop.job(waiting.id).state == JobState::queued);
    CHECK(host.ends(host.next.attempts[0], Ending::succeeded).verdict.outcome_stored);
    CHECK(shop.job(running.id).state == JobState::succeeded);

    shop.room = true;
    host.poll();
    CHECK(shop.job(waiting.id).state == JobState::leased);
}

TEST_CASE("a queue at its limit refuses one more job until one has left it") {
    Shop shop(3);
    std::vector<core::Job> jobs;
    for (const char* name : {"a", "b", "c"}) jobs.push_back(shop.make_job(name));
    NewJob more;
    more.name = "d";
    more.pool = "default";
    more.spec = "{}";
    const auto create = [&] {
        return shop.in_turn<core::Job>([&](Turn& turn) { return create_job(turn, shop.anna, more); });
    };
    const auto refused = create();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == "queue_full");
    CHECK(shop.desk->queue().size() == shop.jobs_queued_max);
    REQUIRE(shop.in_turn<core::Job>([&](Turn& turn) { return cancel_job(turn, shop.anna, jobs[0].id); }));
    CHECK(create());
}

TEST_CASE("the line of an agent's last poll closes: it is offline, parked or not") {
    Shop shop;
    Host host(shop, "web");
    shop.make_job("publish");
    REQUIRE(host.poll());  // answered with the order
    const auto contact = [&] { return shop.desk->contact(host.agent.row); };
    CHECK(contact() == AgentContact::online);
    shop.desk->line_closed(host.agent.row, host.next.instance, host.next.seq - 1);
    CHECK(contact() == AgentContact::online);
    shop.desk->line_closed(host.agent.row, host.next.instance, host.next.seq);
    CHECK(contact() == AgentContact::offline);
}

TEST_CASE("a job lives from queue to end, and its attempt is forgotten when all of it is stored") {
    Shop shop;
    Host host(shop, "web");
    const core::Job job = shop.make_job("publish");
    REQUIRE(host.poll());
    host.take_orders();
    CHECK_FALSE(host.poll());
    host.hold_all_as(HeldState::running);
    CHECK_FALSE(host.poll());
    CHECK(shop.job(job.id).state == JobState::running);

    const ReportAnswer ended = host.ends(host.next.attempts[0], Ending::succeeded);
    CHECK(ended.verdict.outcome_stored);
    CHECK_FALSE(ended.verdict.superseded);
    CHECK(shop.job(job.id).state == JobState::succeeded);
    // The parked poll was answered: the attempt may go.
    REQUIRE(host.answer);
    CHECK((*host.answer)->forget == std::vector<std::string>{host.next.attempts[0].attempt});
    CHECK(shop.current_attempt(job.id).log_sealed);
}

TEST_CASE("an order whose answer was lost comes again, and the job is not given to another") {
    Shop shop;
    Host web(shop, "web");
    Host spare(shop, "spare");
    const core::Job job = shop.make_job("publish");
    REQUIRE(web.poll());
    const auto first = (*web.answer)->orders;
    CHECK_FALSE(spare.poll());
    REQUIRE(web.poll());
    REQUIRE((*web.answer)->orders.size() == 1);
    CHECK((*web.answer)->orders[0].attempt == first[0].attempt);
    CHECK((*web.answer)->orders[0].fence == first[0].fence);
    CHECK((*web.answer)->orders[0].document == first[0].document);
    CHECK_FALSE(spare.answer);
    CHECK(shop.job(job.id).attempts == 1);
}

TEST_CASE("one attempt at a time, unless the agent has more slots") {
    Shop shop;
    Host host(shop, "web");
    host.next.slots = GENERATE(1, 3);
    for (int i = 0; i < 5; ++i) shop.make_job("job" + std::to_string(i));
    REQUIRE(host.poll());
    CHECK((*host.answer)->orders.size() == static_cast<std::size_t>(host.next.slots));
    host.take_orders(HeldState::running);
    CHECK_FALSE(host.poll());

    // An outcome frees its slot at once: the parked poll takes the next job.
    host.ends(host.next.attempts[0], Ending::succeeded);
    REQUIRE(host.answer);
    CHECK((*host.answer)->orders.size() == 1);
}

TEST_CASE("jobs go to the agent whose last job is longest ago") {
    Shop shop;
    Host first(shop, "first");
    Host second(shop, "second");
    CHECK_FALSE(first.poll());
    CHECK_FALSE(second.poll());
    shop.make_job("a");
    REQUIRE(first.answer);
    first.take_orders(HeldState::running);
    first.ends(first.next.attempts[0], Ending::succeeded);
    first.next.attempts.clear();
    CHECK_FALSE(first.poll());
    shop.make_job("b");
    CHECK(second.answer);
    CHECK_FALSE(first.answer);
}

TEST_CASE("contact lost: the job becomes unknown, is never run again blindly, and comes back with its agent") {
    Shop shop;
    Host host(shop, "web");
    Host spare(shop, "spare");
    const core::Job job = shop.make_job("publish");
    REQUIRE(host.poll());
    host.take_orders(HeldState::running);
    CHECK_FALSE(host.poll());
    shop.pass(100s);
    CHECK(shop.job(job.id).state == JobState::unknown);
    CHECK(shop.desk->contact(host.agent.row) == AgentContact::offline);
    CHECK_FALSE(spare.poll());
    shop.pass(10s);
    CHECK_FALSE((spare.answer && spare.answer->has_value() && !(*spare.answer)->orders.empty()));

    host.poll();
    CHECK(shop.job(job.id).state == JobState::running);
    host.ends(host.next.attempts[0], Ending::succeeded);
    CHECK(shop.job(job.id).state == JobState::succeeded);
}

TEST_CASE("an agent that polls keeps its attempts alive") {
    Shop shop;
    Host host(shop, "web");
    const core::Job job = shop.make_job("publish");
    REQUIRE(host.poll());
    host.take_orders(HeldState::running);
    for (int i = 0; i < 20; ++i) {
        host.poll();
        shop.pass(20s);
        CHECK(host.answer);  // the hold is over
    }
    CHECK(shop.job(job.id).state == JobState::running);
    CHECK(shop.desk->contact(host.agent.row) == AgentContact::online);
}

TEST_CASE("after retry the new attempt decides, and the old one's outcome is stored and moves nothing") {
    RunningJob shop;
    Host& host = shop.host;
    const core::Job& job = shop.published;
    const core::Poll::Held old = host.next.attempts[0];
    shop.pass(100s);
    Host spare(shop, "spare");
    CHECK_FALSE(spare.poll());
    REQUIRE(shop.in_turn<core::Job>([&](Turn& turn) { return retry_job(turn, shop.anna, job.id); }));
    REQUIRE(spare.answer);
    spare.take_orders(HeldState::running);
    CHECK(spare.next.attempts[0].fence > old.fence);

    const ReportAnswer late = host.ends(old, Ending::failed, Reason::exit_code);
    CHECK(late.verdict.outcome_stored);
    CHECK(late.verdict.superseded);
    CHECK_FALSE(is_final(shop.job(job.id).state));
    spare.ends(spare.next.attempts[0], Ending::succeeded);
    CHECK(shop.job(job.id).state == JobState::succeeded);
}

TEST_CASE("a cancel reaches the agent at once and ends with its outcome") {
    Shop shop;
    Host host(shop, "web");
    const core::Job job = shop.make_job("publish", [](NewJob& asked) { asked.cancel_grace_s = 3; });
    REQUIRE(host.poll());
    host.take_orders(HeldState::running);
    CHECK_FALSE(host.poll());
    REQUIRE(shop.in_turn<core::Job>([&](Turn& turn) { return cancel_job(turn, shop.anna, job.id); }));
    REQUIRE(host.answer);
    REQUIRE((*host.answer)->cancels.size() == 1);
    CHECK((*host.answer)->cancels[0].grace_s == 3);
    host.ends(host.next.attempts[0], Ending::canceled, Reason::canceled_by_user);
    CHECK(shop.job(job.id).state == JobState::canceled);
}

TEST_CASE("cancelling a queued job ends it, and it is never leased") {
    Shop shop;
    const core::Job job = shop.make_job("publish");
    REQUIRE(shop.in_turn<core::Job>([&](Turn& turn) { return cancel_job(turn, shop.anna, job.id); }));
    CHECK(shop.job(job.id).state == JobState::canceled);
    Host host(shop, "web");
    CHECK_FALSE(host.poll());
}

TEST_CASE("a coordinator that starts again goes on where the rows say") {
    Shop shop;
    Host host(shop, "web");
    const core::Job running = shop.make_job("running");
    const core::Job waiting = shop.make_job("waiting");
    REQUIRE(host.poll());
    host.take_orders(HeldState::running);
    host.poll();
    shop.clock.pass(1h);
    shop.restart();
    CHECK(shop.job(running.id).state == JobState::running);
    shop.pass(80s);  // the lease began anew
    CHECK(shop.job(running.id).state == JobState::running);
    host.poll();
    host.ends(host.next.attempts[0], Ending::succeeded);
    REQUIRE(host.answer);
    CHECK((*host.answer)->orders.size() == 1);
    CHECK(shop.job(waiting.id).state == JobState::leased);
}

TEST_CASE("a clock that was set, or a coordinator that slept, loses nobody") {
    RunningJob shop;
    Host& host = shop.host;
    const core::Job& job = shop.published;
    SECTION("the wall clock jumps a year") { shop.clock.set_wall(365 * 24h); }
    SECTION("it jumps back") { shop.clock.set_wall(-365 * 24h); }
    SECTION("nothing ran for ten minutes") { shop.clock.pass(10min); }
    shop.desk->tick();
    CHECK(shop.job(job.id).state == JobState::running);
    host.poll();
    CHECK(shop.job(job.id).state == JobState::running);
}

TEST_CASE("late words and doubled requests change nothing") {
    Shop shop;
    Host host(shop, "web");
    shop.make_job("publish");
    REQUIRE(host.poll());
    host.take_orders(HeldState::running);
    host.poll();
    // The first poll again, as a network may repeat it: its list is empty and its seq is old.
    core::Poll old = host.next;
    old.seq = 1;
    old.attempts.clear();
    std::optional<Result<PollAnswer>> answer;
    shop.in_turn<bool>([&](Turn& turn) -> Result<bool> {
        desk::poll(turn, host.agent.row, old, [&](Result<PollAnswer> given) { answer = std::move(given); });
        return true;
    });
    REQUIRE(answer);
    CHECK((*answer)->orders.empty());
    CHECK_FALSE(host.answer);  // the newer poll is still parked
}

TEST_CASE("late words of a link that is gone are no conflict, also when the coordinator's clock is set back between") {
    Shop shop;
    Host before(shop, "web");
    CHECK_FALSE(before.poll());
    Host after = before;
    shop.clock.set_wall(-1h);
    shop.clock.pass(1s);
    after.next.instance = "instance-2-of-web";
    after.next.start_epoch = 2;
    after.next.seq = 0;
    after.next.handshake = shop.clock.steady();
    CHECK_FALSE(after.poll());
    REQUIRE(before.poll());
    CHECK(before.answer->has_value());
    CHECK_FALSE((*shop.store->read().value()->agent(before.agent.row).value()).conflict);
}

TEST_CASE("the audit has one row for each change, chained") {
    Shop shop;
    const core::Job job = shop.make_job("publish");
    REQUIRE(shop.in_turn<core::Job>([&](Turn& turn) { return cancel_job(turn, shop.anna, job.id); }));
    REQUIRE(shop.in_turn<core::Job>([&](Turn& turn) { return retry_job(turn, shop.anna, job.id); }).error().reason ==
            "already_finished");
    const auto records = shop.store->read().value()->audit({50, {}}).value();
    REQUIRE(records.size() == 3);
    CHECK(records[2].action == "pool_created");
    CHECK(records[1].action == "job_created");
    CHECK(records[0].action == "job_cancel_requested");
    CHECK(records[0].hash.size() == 64);
    CHECK(records[0].hash != records[1].hash);
}

TEST_CASE("an idempotent job goes to another agent when its own is lost, twice at most") {
    Shop shop;
    Host host(shop, "web");
    const core::Job job = shop.make_job("publish", [](NewJob& asked) { asked.idempotent = true; });
    for (int attempt = 1; attempt <= 3; ++attempt) {
        host.next.attempts.clear();
        host.poll();
        REQUIRE(host.answer);
        host.take_orders(HeldState::running);
        host.poll();
        CHECK(shop.job(job.id).attempts == attempt);
        shop.pass(100s);
        host.next.boot_id = "boot-" + std::to_string(attempt + 1);
    }
    CHECK(shop.job(job.id).state == JobState::unknown);
}
