#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

namespace {

core::Agent full_agent(std::int64_t pool_row) {
    core::Agent agent = make_agent("db-01", pool_row);
    agent.created = {10};
    agent.disabled = true;
    agent.deleted = Time{11};
    agent.instance = "i1";
    agent.start_epoch = 3;
    agent.instance_since = {12};
    agent.boot_id = "b1";
    agent.address = "[::1]:7";
    agent.slots = 4;
    agent.version = "0.1.0";
    agent.capabilities_sha256 = std::string(64, 'a');
    agent.capabilities = {{"bash", "5.2"}, {"weird \"name\"\n", "\xc3\xa4"}, {"docker", ""}};
    agent.restore_epoch = 1;
    agent.highest_fence = 99;
    agent.pruned_fence = 98;
    agent.last_contact = {13};
    agent.last_used_fence = 97;
    agent.conflict = core::Conflict{"i2", "10.0.0.1:5", 3, {14}};
    agent.rejected_instance = "i0";
    agent.serial = "0a";
    agent.next_serial = "0b";
    return agent;
}

}  // namespace

TEST_CASE("pools are listed by name; a deleted one gives its name free and keeps its row") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Pool pool{0, "canary", {4}, {}};
    must(transaction->insert(pool));
    REQUIRE(pool.row > fixture.pool.row);
    const auto pools = must(transaction->pools());
    REQUIRE(pools.size() == 2);
    CHECK(pools[0].name == "canary");
    CHECK(pools[0].created == Time{4});
    CHECK_FALSE(pools[0].deleted);
    CHECK(pools[1].name == "default");
    CHECK(must(transaction->pool(pool.row))->name == "canary");
    CHECK(must(transaction->pool_named("canary"))->row == pool.row);
    CHECK_FALSE(must(transaction->pool_named("none")));
    CHECK_FALSE(must(transaction->pool(99)));

    core::Pool next{0, "canary", {5}, {}};
    CHECK(transaction->insert(next).error().reason == "name_taken");
    pool.deleted = Time{6};
    must(transaction->update(pool));
    CHECK(must(transaction->pool(pool.row))->deleted == Time{6});
    CHECK_FALSE(must(transaction->pool_named("canary")));
    CHECK(must(transaction->pools()).size() == 1);
    must(transaction->insert(next));
    CHECK(must(transaction->pool_named("canary"))->row == next.row);
    pool.deleted.reset();
    CHECK(transaction->update(pool).error().reason == "name_taken");
    pool.row = 99;
    pool.name = "none";
    CHECK(transaction->update(pool).error().code == Code::not_found);
    must(transaction->commit());
}

TEST_CASE("an agent comes back as it was stored, and as it was updated") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Agent agent = full_agent(fixture.pool.row);
    must(transaction->insert(agent));
    CHECK(*must(transaction->agent(agent.row)) == agent);
    CHECK(*must(transaction->agent_by_id(agent.id)) == agent);

    core::Agent plain = *must(transaction->agent(fixture.agent.row));
    CHECK(plain == fixture.agent);
    core::Agent changed = full_agent(fixture.pool.row);
    changed.row = plain.row;
    changed.name = "web-02";
    must(transaction->update(changed));
    changed.id = plain.id;
    changed.created = plain.created;
    CHECK(*must(transaction->agent(plain.row)) == changed);
    must(transaction->commit());
    CHECK(*must(must(fixture.store->read())->agent(plain.row)) == changed);
}

TEST_CASE("a deleted agent keeps its id and gives its name free") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Agent twin = make_agent("web-01", fixture.pool.row);
    twin.id = "another";
    const auto refused = transaction->insert(twin);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::conflict);
    CHECK(refused.error().reason == "name_taken");
    CHECK(twin.row == 0);

    core::Agent deleted = fixture.agent;
    deleted.deleted = Time{5};
    must(transaction->update(deleted));
    CHECK_FALSE(must(transaction->agent_named("web-01")));
    CHECK(must(transaction->agent_by_id(deleted.id))->deleted == Time{5});
    CHECK(must(transaction->all_agents()).empty());
    CHECK(must(transaction->agents({}, std::nullopt)).empty());
    must(transaction->insert(twin));
    CHECK(must(transaction->agent_named("web-01"))->id == "another");
    CHECK(must(transaction->all_agents()).size() == 1);

    deleted.deleted.reset();
    CHECK(transaction->update(deleted).error().reason == "name_taken");
    must(transaction->commit());
}
