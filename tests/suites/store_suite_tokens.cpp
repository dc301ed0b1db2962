#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

TEST_CASE("join tokens come back as they were stored and updated") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::JoinToken token;
    token.id = "join-1";
    token.secret_sha256 = std::string(64, 'c');
    token.pool_row = fixture.pool.row;
    token.agent_name = "web-09";
    token.created = {1};
    token.created_by = "token:ops";
    token.expires = {2};
    must(transaction->insert(token));
    CHECK_FALSE(must(transaction->join_token("join-2")));
    CHECK(must(transaction->join_token("join-1"))->agent_row == 0);

    core::JoinToken used = token;
    used.used = Time{3};
    used.revoked = Time{4};
    used.used_key_sha256 = std::string(64, 'd');
    used.agent_row = fixture.agent.row;
    used.certificate = "PEM";
    used.expires = {5};
    must(transaction->update(used));
    const core::JoinToken read = *must(transaction->join_token("join-1"));
    CHECK(read.row == token.row);
    CHECK(read.secret_sha256 == token.secret_sha256);
    CHECK(read.pool_row == token.pool_row);
    CHECK(read.agent_name == "web-09");
    CHECK(read.created == Time{1});
    CHECK(read.created_by == "token:ops");
    CHECK(read.expires == Time{5});
    CHECK(read.used == Time{3});
    CHECK(read.revoked == Time{4});
    CHECK(read.used_key_sha256 == used.used_key_sha256);
    CHECK(read.agent_row == fixture.agent.row);
    CHECK(read.certificate == "PEM");
    CHECK(must(transaction->join_tokens({})).size() == 1);

    core::JoinToken twin = token;
    CHECK(transaction->insert(twin).error().reason == "name_taken");
    core::JoinToken elsewhere = token;
    elsewhere.id = "join-3";
    elsewhere.pool_row = 99;
    CHECK(transaction->insert(elsewhere).error().reason == "in_use");
    must(transaction->commit());
}

TEST_CASE("tokens come back as they were stored and updated; a revoked one gives its name free") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Token token;
    token.id = "t1";
    token.name = "ci";
    token.role = core::Role::deployer;
    token.secret_sha256 = std::string(64, 'e');
    token.created = {1};
    token.created_by = "bootstrap";
    token.expires = {2};
    must(transaction->insert(token));
    core::Token twin = token;
    twin.id = "t2";
    CHECK(transaction->insert(twin).error().reason == "name_taken");
    CHECK(must(transaction->token_named("ci"))->id == "t1");

    token.revoked = Time{3};
    token.last_used = Time{4};
    token.expires = {5};
    token.role = core::Role::admin;
    must(transaction->update(token));
    const core::Token read = *must(transaction->token("t1"));
    CHECK(read.row == token.row);
    CHECK(read.name == "ci");
    CHECK(read.role == core::Role::admin);
    CHECK(read.secret_sha256 == token.secret_sha256);
    CHECK(read.created == Time{1});
    CHECK(read.created_by == "bootstrap");
    CHECK(read.expires == Time{5});
    CHECK(read.revoked == Time{3});
    CHECK(read.last_used == Time{4});
    CHECK_FALSE(must(transaction->token_named("ci")));
    must(transaction->insert(twin));
    CHECK(must(transaction->token_named("ci"))->id == "t2");
    const auto tokens = must(transaction->tokens({}));
    REQUIRE(tokens.size() == 2);  // the revoked ones too, newest first
    CHECK(tokens[0].id == "t2");
    must(transaction->commit());
}
