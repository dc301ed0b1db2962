#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

namespace {

core::Job full_job(std::int64_t pool_row) {
    core::Job job = make_job("job-1", pool_row);
    job.demands = {{"nginx", {}}, {"os", "linux"}, {"tag", ""}};
    job.priority = 9;
    job.idempotent = true;
    job.timeout_s = 7;
    job.cancel_grace_s = 8;
    job.spec = std::string(200'000, 'x') + "\"\xe2\x82\xac";
    job.created = {20};
    job.created_by = "token:ci";
    job.state = JobState::canceling;
    job.reason = Reason::timed_out;
    job.with_issues = true;
    job.summary = "it broke";
    job.started = Time{21};
    job.ended = Time{22};
    job.attempts = 2;
    job.automatic_retries = 1;
    job.cancel_requested = true;
    job.resolved_by = "token:ops";
    job.resolved_reason = "the disk is gone";
    job.held_by_restore = 2;
    return job;
}

}  // namespace

TEST_CASE("a job comes back as it was stored; an update leaves what it was made of") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Job job = full_job(fixture.pool.row);
    const core::JobArtifact site{"site", "docs", "3.11", std::string(64, 'f'), 1 << 20};
    const core::JobArtifact conf{"conf", "nginx-conf", "7", std::string(64, '0'), 0};
    must(transaction->insert(job, {site, conf}));
    CHECK(*must(transaction->job(job.row)) == job);
    CHECK(*must(transaction->job_by_id(job.id)) == job);
    const auto artifacts = must(transaction->artifacts_of_job(job.row));
    REQUIRE(artifacts.size() == 2);
    CHECK(artifacts[0].alias == "conf");
    CHECK(artifacts[1].name == "docs");
    CHECK(artifacts[1].version == "3.11");
    CHECK(artifacts[1].sha256 == site.sha256);
    CHECK(artifacts[1].bytes == 1 << 20);

    core::Job changed = make_job("other id", fixture.pool.row);
    changed.row = job.row;
    changed.state = JobState::running;
    must(transaction->update(changed));
    changed.id = job.id;
    changed.name = job.name;
    changed.demands = job.demands;
    changed.priority = job.priority;
    changed.idempotent = job.idempotent;
    changed.timeout_s = job.timeout_s;
    changed.cancel_grace_s = job.cancel_grace_s;
    changed.spec = job.spec;
    changed.created = job.created;
    changed.created_by = job.created_by;
    CHECK(*must(transaction->job(job.row)) == changed);

    core::Job twin = make_job(job.id, fixture.pool.row);
    CHECK(transaction->insert(twin, {}).error().reason == "name_taken");
    core::Job nowhere = make_job("job-2", 99);
    CHECK(transaction->insert(nowhere, {}).error().reason == "in_use");
    core::Job absent = make_job("job-3", fixture.pool.row);
    absent.row = 1234;
    CHECK(transaction->update(absent).error().code == Code::not_found);
    must(transaction->commit());
    CHECK(*must(must(fixture.store->read())->job(job.row)) == changed);
}
