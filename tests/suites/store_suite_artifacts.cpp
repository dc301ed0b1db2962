#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

TEST_CASE("an artifact's name and version are taken until it is removed") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Artifact artifact{0, "a1", "docs", "3.11", std::string(64, 'a'), 12, {3}, "token:ci"};
    must(transaction->insert(artifact));
    core::Artifact next{0, "a2", "docs", "3.12", std::string(64, 'b'), 13, {4}, "token:ci"};
    must(transaction->insert(next));
    core::Artifact twin{0, "a3", "docs", "3.11", std::string(64, 'c'), 14, {5}, "token:ci"};
    CHECK(transaction->insert(twin).error().reason == "name_taken");

    const core::Artifact read = *must(transaction->artifact("docs", "3.11"));
    CHECK(read.row == artifact.row);
    CHECK(read.id == "a1");
    CHECK(read.name == "docs");
    CHECK(read.version == "3.11");
    CHECK(read.sha256 == artifact.sha256);
    CHECK(read.bytes == 12);
    CHECK(read.created == Time{3});
    CHECK(read.created_by == "token:ci");
    CHECK(must(transaction->artifact_by_id("a2"))->version == "3.12");
    CHECK_FALSE(must(transaction->artifact("docs", "3.13")));

    must(transaction->remove(artifact));
    CHECK_FALSE(must(transaction->artifact("docs", "3.11")));
    must(transaction->insert(twin));
    CHECK(twin.row > next.row);
    CHECK(transaction->remove(artifact).error().code == Code::not_found);
}

TEST_CASE("a blob, an artifact and a pool are in use by a job until it has ended") {
    EACH_STORE(fixture);
    const std::string sha256(64, 'a');
    auto transaction = must(fixture.store->begin());
    CHECK_FALSE(must(transaction->blob_is_used(sha256)));
    core::Artifact artifact{0, "a1", "docs", "3.11", sha256, 12, {3}, "token:ci"};
    must(transaction->insert(artifact));
    CHECK(must(transaction->blob_is_used(sha256)));

    core::Job job = make_job("job-1", fixture.pool.row);
    must(transaction->insert(job, {{"site", "docs", "3.11", sha256, 12}}));
    must(transaction->remove(artifact));
    for (const JobState state :
         {JobState::queued, JobState::leased, JobState::running, JobState::canceling, JobState::unknown}) {
        job.state = state;
        must(transaction->update(job));
        CHECK(must(transaction->blob_is_used(sha256)));
        CHECK_FALSE(must(transaction->blob_is_used(std::string(64, 'b'))));
        CHECK(must(transaction->artifact_is_needed("docs", "3.11")));
        CHECK_FALSE(must(transaction->artifact_is_needed("docs", "3.12")));
        CHECK_FALSE(must(transaction->artifact_is_needed("conf", "3.11")));
        CHECK(must(transaction->pool_has_unfinished_jobs(fixture.pool.row)));
        CHECK_FALSE(must(transaction->pool_has_unfinished_jobs(99)));
    }
    for (const JobState state : {JobState::succeeded, JobState::failed, JobState::canceled}) {
        job.state = state;
        must(transaction->update(job));
        CHECK_FALSE(must(transaction->blob_is_used(sha256)));
        CHECK_FALSE(must(transaction->artifact_is_needed("docs", "3.11")));
        CHECK_FALSE(must(transaction->pool_has_unfinished_jobs(fixture.pool.row)));
    }
}

TEST_CASE("an agent may fetch the blobs of its open attempts only") {
    EACH_STORE(fixture);
    const std::string sha256(64, 'a');
    auto transaction = must(fixture.store->begin());
    core::Agent other = make_agent("web-02", fixture.pool.row);
    must(transaction->insert(other));
    core::Job job = make_job("job-1", fixture.pool.row);
    must(transaction->insert(job, {{"site", "docs", "3.11", sha256, 12}}));
    CHECK_FALSE(must(transaction->agent_may_fetch(fixture.agent.row, sha256)));
    core::Attempt attempt = make_attempt("attempt-1", job, fixture.agent, 1);
    must(transaction->insert(attempt, "order"));
    CHECK(must(transaction->agent_may_fetch(fixture.agent.row, sha256)));
    CHECK_FALSE(must(transaction->agent_may_fetch(fixture.agent.row, std::string(64, 'b'))));
    CHECK_FALSE(must(transaction->agent_may_fetch(other.row, sha256)));
    attempt.state = AttemptState::succeeded;
    must(transaction->update(attempt));
    CHECK_FALSE(must(transaction->agent_may_fetch(fixture.agent.row, sha256)));
}

TEST_CASE("uploads are found by id and by when they were touched") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Upload old{0, "u1", "token:ci", {1}, {10}};
    core::Upload fresh{0, "u2", "token:ci", {2}, {20}};
    must(transaction->insert(old));
    must(transaction->insert(fresh));
    const auto stale = must(transaction->uploads_untouched_since({20}));
    REQUIRE(stale.size() == 1);
    CHECK(stale[0].id == "u1");
    CHECK(stale[0].created_by == "token:ci");
    CHECK(stale[0].created == Time{1});
    old.touched = {21};
    must(transaction->update(old));
    CHECK(must(transaction->upload("u1"))->touched == Time{21});
    CHECK(must(transaction->uploads_untouched_since({20})).empty());
    must(transaction->remove(old));
    CHECK_FALSE(must(transaction->upload("u1")));
    CHECK(transaction->update(old).error().code == Code::not_found);
    CHECK(transaction->remove(old).error().code == Code::not_found);
    CHECK(transaction->insert(fresh).error().reason == "name_taken");
}
