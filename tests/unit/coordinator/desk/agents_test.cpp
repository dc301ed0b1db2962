#include <catch2/catch.hpp>

#include "tests/unit/coordinator/desk/fixture.h"

using namespace slipway;
using namespace slipway::desk;
using namespace slipway::desk::test;

TEST_CASE("a cloned agent is a conflict: no orders to either until a person decides") {
    Shop shop;
    Host host(shop, "web");
    CHECK_FALSE(host.poll());
    Host clone = host;
    clone.next.instance = "instance-of-the-clone";
    clone.next.address = "127.0.0.9";
    REQUIRE(clone.poll());
    CHECK(clone.answer->error().reason == "identity_conflict");
    const core::Job job = shop.make_job("publish");
    host.poll();
    CHECK(shop.job(job.id).state == JobState::queued);
    CHECK(shop.desk->queue().waiting(job.row) == Waiting::maintenance);

    REQUIRE(shop.in_turn<core::Agent>(
        [&](Turn& turn) { return keep_instance(turn, shop.anna, "web", host.next.instance); }));
    CHECK(shop.job(job.id).state == JobState::leased);
    REQUIRE(clone.poll());
    CHECK(clone.answer->error().reason == "identity_conflict");
}

TEST_CASE("deleting an agent with open attempts needs force, and ends them lost") {
    Shop shop;
    Host host(shop, "web");
    const core::Job job = shop.make_job("publish");
    REQUIRE(host.poll());
    host.take_orders(HeldState::running);
    CHECK_FALSE(host.poll());
    CHECK(shop.in_turn<core::Agent>([&](Turn& turn) { return delete_agent(turn, shop.anna, "web", Force::no); })
              .error()
              .reason == "agent_busy");
    REQUIRE(shop.in_turn<core::Agent>([&](Turn& turn) { return delete_agent(turn, shop.anna, "web", Force::yes); }));
    CHECK(shop.job(job.id).state == JobState::failed);
    CHECK(shop.job(job.id).reason == Reason::agent_deleted);
    REQUIRE(host.answer);
    CHECK(host.answer->error().reason == "agent_deleted");
    // What it still has to say is stored.
    const ReportAnswer late = host.ends(host.next.attempts[0], Ending::succeeded);
    CHECK(late.verdict.outcome_stored);
    CHECK(late.verdict.superseded);
}

TEST_CASE("a join token works once, and again for the same key only") {
    Shop shop;
    REQUIRE(shop.in_turn<core::JoinToken>([&](Turn& turn) {
        return create_join_token(turn, shop.anna, {"t1", "secret", "default", "", turn.now() + 1h});
    }));
    int issued = 0;
    const auto enroll_with = [&](const std::string& key, const std::string& secret) {
        return shop.in_turn<Enrolled>([&](Turn& turn) {
            return enroll(turn, {"t1", secret, key, "web", "127.0.0.2"}, [&](const std::string&) {
                ++issued;
                return IssuedCertificate{"pem" + std::to_string(issued), "serial"};
            });
        });
    };
    CHECK(enroll_with("key-1", "wrong").error().reason == "token_unknown");
    REQUIRE(enroll_with("key-1", "secret"));
    CHECK(enroll_with("key-2", "secret").error().reason == "token_used");
    const auto again = enroll_with("key-1", "secret");
    REQUIRE(again);
    CHECK(again->certificate == "pem1");
    CHECK(issued == 1);
    shop.clock.pass(11min);
    CHECK(enroll_with("key-1", "secret").error().reason == "token_used");
}

TEST_CASE("expired and revoked join tokens are refused") {
    Shop shop;
    REQUIRE(shop.in_turn<core::JoinToken>([&](Turn& turn) {
        return create_join_token(turn, shop.anna, {"t1", "secret", "default", "", turn.now() + 1h});
    }));
    std::string expected;
    SECTION("expired") {
        shop.clock.pass(1h);
        expected = "token_expired";
    }
    SECTION("revoked") {
        REQUIRE(shop.in_turn<core::JoinToken>([&](Turn& turn) { return revoke_join_token(turn, shop.anna, "t1"); }));
        expected = "token_revoked";
    }
    const auto refused = shop.in_turn<Enrolled>([&](Turn& turn) {
        return enroll(turn, {"t1", "secret", "key", "web", ""}, [](const std::string&) {
            return IssuedCertificate{"pem", "serial"};
        });
    });
    CHECK(refused.error().reason == expected);
}

TEST_CASE("the bootstrap code makes another administrator while nobody has shown a token") {
    Shop shop;
    const auto bootstrap_as = [&](const std::string& id) {
        return shop.in_turn<core::Token>([&](Turn& turn) {
            return bootstrap(turn, {"", "127.0.0.1"}, {id, "hash", "admin", core::Role::admin, turn.now() + 1h});
        });
    };
    REQUIRE(bootstrap_as("t1"));
    REQUIRE(bootstrap_as("t2"));  // the first answer was lost
    CHECK(shop.store->read().value()->token("t1").value()->revoked);
    REQUIRE(shop.in_turn<bool>([&](Turn& turn) -> Result<bool> {
        TRY(used_token(turn, "t2"));
        return true;
    }));
    CHECK(bootstrap_as("t3").error().reason == "bootstrap_done");
}
