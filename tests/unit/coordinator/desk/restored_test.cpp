#include <limits>

#include <catch2/catch.hpp>

#include "tests/unit/coordinator/desk/fixture.h"

using namespace slipway;
using namespace slipway::desk;
using namespace slipway::desk::test;

TEST_CASE("after a restore what an agent shows first is adopted, and jobs of the backup wait until all have shown") {
    Shop shop;
    Host host(shop, "web");
    Host other(shop, "db");
    const core::Job kept = shop.make_job("kept");
    shop.restore(kept.id);
    host.next.highest_fence = 1'200'000;
    host.next.attempts = {{"lost-attempt", "lost-job", 1'200'000, HeldState::ended}};

    REQUIRE(host.poll());  // of the epoch before
    CHECK(host.answer->value().restore_epoch == 1);
    CHECK(host.answer->value().orders.empty());
    CHECK_FALSE(shop.store->read().value()->job_by_id("lost-job").value());

    host.next.restore_epoch = 1;
    CHECK_FALSE(host.poll());
    CHECK(shop.job("lost-job").state == JobState::running);
    host.ends(host.next.attempts[0], Ending::succeeded);
    CHECK(shop.job("lost-job").state == JobState::succeeded);
    CHECK(shop.job(kept.id).state == JobState::queued);

    other.next.restore_epoch = 1;
    host.next.attempts.clear();
    CHECK_FALSE(host.poll());
    other.poll();
    CHECK(shop.job(kept.id).state == JobState::leased);
    CHECK(shop.current_attempt(kept.id).fence == 1'200'001);
}

TEST_CASE("an attempt that an agent did not show at first is never adopted") {
    Shop shop;
    Host host(shop, "web");
    const core::Job job = shop.make_job("publish", [](NewJob& asked) { asked.demands = {{"os", "plan9"}}; });
    shop.restore({});
    Host enrolled_since(shop, "new");
    host.next.restore_epoch = 1;
    host.poll();
    for (Host* liar : {&host, &enrolled_since}) {
        liar->next.restore_epoch = 1;
        liar->next.attempts = {{"attempt-of-" + liar->agent.name, job.id, 2'000'000, HeldState::ended}};
        liar->poll();
        CHECK(shop.job(job.id).state == JobState::queued);
        CHECK_FALSE(shop.store->read().value()->attempt_by_id("attempt-of-" + liar->agent.name).value());
    }
}

TEST_CASE("a fence that no coordinator can have given lifts nothing") {
    Shop shop;
    Host host(shop, "web");
    host.next.highest_fence = std::numeric_limits<std::int64_t>::max();
    host.poll();
    const core::Job job = shop.make_job("publish");
    REQUIRE(host.answer);
    CHECK(shop.current_attempt(job.id).fence == 1);
}
