#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

#define EACH_STORE(fixture)                                               \
    const auto& implementation = GENERATE(from_range(implementations())); \
    INFO("store: " << implementation.name);                               \
    Fixture fixture(implementation)

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

core::AttemptTask make_task(std::int64_t attempt_row, std::int64_t index, std::string name) {
    core::AttemptTask task;
    task.attempt_row = attempt_row;
    task.index = index;
    task.name = std::move(name);
    return task;
}

core::Attempt full_attempt(const core::Job& job, const core::Agent& agent) {
    core::Attempt attempt = make_attempt("attempt-1", job, agent, 77);
    attempt.state = AttemptState::canceling;
    attempt.reason = Reason::exit_code;
    attempt.flags = {Flag::log_gap, Flag::superseded};
    attempt.leased = {30};
    attempt.lease_until = {31};
    attempt.started = Time{32};
    attempt.ended = Time{33};
    attempt.acknowledged = true;
    attempt.withheld = true;
    attempt.handed_boot_id = "b1";
    attempt.listed_epoch = 3;
    attempt.outcome_stored = true;
    attempt.outcome = R"({"result":"failed"})";
    attempt.summary = "exit code 3";
    attempt.log_length = 0;
    attempt.log_sha256 = std::string(64, 'b');
    attempt.log_sealed = true;
    attempt.log_asked_again = true;
    attempt.event_seq = 12;
    return attempt;
}

}  // namespace

TEST_CASE("counters begin at 0 and keep what they are set to") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    CHECK(must(transaction->counter(Counter::fence)) == 0);
    must(transaction->set_counter(Counter::fence, 5));
    must(transaction->set_counter(Counter::fence, 6));
    must(transaction->set_counter(Counter::restored_fence, 1'000'006));
    CHECK(must(transaction->counter(Counter::fence)) == 6);
    must(transaction->commit());
    auto reader = must(fixture.store->read());
    CHECK(must(reader->counter(Counter::fence)) == 6);
    CHECK(must(reader->counter(Counter::restored_fence)) == 1'000'006);
    CHECK(must(reader->counter(Counter::restore_epoch)) == 0);
}

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

TEST_CASE("an attempt comes back as it was stored and updated, its order byte for byte") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Job job = make_job("job-1", fixture.pool.row);
    must(transaction->insert(job, {}));
    core::Attempt attempt = full_attempt(job, fixture.agent);
    const std::string document("order\0\xff\n with any bytes", 24);
    must(transaction->insert(attempt, document));
    CHECK(*must(transaction->attempt(attempt.row)) == attempt);
    CHECK(*must(transaction->attempt_by_id(attempt.id)) == attempt);
    CHECK(must(transaction->order_document(attempt.row)) == document);
    CHECK_FALSE(must(transaction->order_document(99)));

    core::Attempt changed = make_attempt("other", job, fixture.agent, 1);
    changed.row = attempt.row;
    changed.job_row = 99;
    changed.agent_row = 99;
    must(transaction->update(changed));
    changed = make_attempt(attempt.id, job, fixture.agent, attempt.fence);
    changed.row = attempt.row;
    changed.leased = attempt.leased;
    CHECK(*must(transaction->attempt(attempt.row)) == changed);

    core::Attempt twin = make_attempt(attempt.id, job, fixture.agent, 78);
    CHECK(transaction->insert(twin, "").error().reason == "name_taken");
    must(transaction->commit());
    CHECK(must(must(fixture.store->read())->order_document(attempt.row)) == document);
}

TEST_CASE("attempts of a job and open attempts come by fence") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Agent other = make_agent("web-02", fixture.pool.row);
    must(transaction->insert(other));
    core::Job job = make_job("job-1", fixture.pool.row);
    must(transaction->insert(job, {}));
    core::Attempt late = make_attempt("late", job, fixture.agent, 9);
    core::Attempt early = make_attempt("early", job, other, 3);
    core::Attempt middle = make_attempt("middle", job, fixture.agent, 5);
    for (core::Attempt* attempt : {&late, &early, &middle}) must(transaction->insert(*attempt, "order"));
    const auto ids = [](const std::vector<core::Attempt>& attempts) {
        std::string text;
        for (const core::Attempt& attempt : attempts) text += attempt.id + " ";
        return text;
    };
    CHECK(ids(must(transaction->attempts_of_job(job.row))) == "early middle late ");
    CHECK(ids(must(transaction->open_attempts(std::nullopt))) == "early middle late ");
    CHECK(ids(must(transaction->open_attempts(fixture.agent.row))) == "middle late ");
    for (const AttemptState state : {AttemptState::unknown, AttemptState::received}) {
        middle.state = state;
        must(transaction->update(middle));
        CHECK(ids(must(transaction->open_attempts(fixture.agent.row))) == "middle late ");
    }
    for (const AttemptState state :
         {AttemptState::succeeded, AttemptState::failed, AttemptState::canceled, AttemptState::lost}) {
        middle.state = state;
        must(transaction->update(middle));
        CHECK(ids(must(transaction->open_attempts(fixture.agent.row))) == "late ");
    }
    CHECK(ids(must(transaction->attempts_of_job(job.row))) == "early middle late ");
    CHECK(must(transaction->attempts_of_job(99)).empty());
}

TEST_CASE("a task is put, and put again in its place") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Job job = make_job("job-1", fixture.pool.row);
    must(transaction->insert(job, {}));
    core::Attempt attempt = make_attempt("attempt-1", job, fixture.agent, 1);
    must(transaction->insert(attempt, "order"));
    must(transaction->put(make_task(attempt.row, 1, "second")));
    must(transaction->put(make_task(attempt.row, 0, "first")));
    must(transaction->put({.attempt_row = attempt.row,
                           .index = 0,
                           .name = "First",
                           .state = TaskState::failed,
                           .reason = Reason::exit_code,
                           .exit_code = -1,
                           .log_begin = 0,
                           .log_end = 17,
                           .started = Time{1},
                           .ended = Time{2}}));
    const auto tasks = must(transaction->tasks_of_attempt(attempt.row));
    REQUIRE(tasks.size() == 2);
    CHECK(tasks[0].attempt_row == attempt.row);
    CHECK(tasks[0].name == "First");
    CHECK(tasks[0].state == TaskState::failed);
    CHECK(tasks[0].reason == Reason::exit_code);
    CHECK(tasks[0].exit_code == -1);
    CHECK(tasks[0].log_begin == 0);
    CHECK(tasks[0].log_end == 17);
    CHECK(tasks[0].started == Time{1});
    CHECK(tasks[0].ended == Time{2});
    CHECK(tasks[1].index == 1);
    CHECK(tasks[1].state == TaskState::pending);
    CHECK_FALSE(tasks[1].exit_code);
    CHECK(must(transaction->tasks_of_attempt(99)).empty());
    CHECK(transaction->put(make_task(99, 0, "nowhere")).error().reason == "in_use");
}

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

TEST_CASE("an idempotency key answers for its token until it is old") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    const IdempotencyRecord record{7, "key", std::string(64, 'a'), {100}, 201, "{\"id\":1}", "/api/v1/jobs/1"};
    must(transaction->insert(record));
    CHECK(transaction->insert(record).error().reason == "name_taken");
    CHECK_FALSE(must(transaction->idempotency(8, "key")));
    const auto read = must(transaction->idempotency(7, "key"));
    REQUIRE(read);
    CHECK(read->token_row == 7);
    CHECK(read->key == "key");
    CHECK(read->request_sha256 == record.request_sha256);
    CHECK(read->created == Time{100});
    CHECK(read->status == 201);
    CHECK(read->body == record.body);
    CHECK(read->location == record.location);
    must(transaction->remove_idempotency_before({100}));
    CHECK(must(transaction->idempotency(7, "key")));
    must(transaction->remove_idempotency_before({101}));
    CHECK_FALSE(must(transaction->idempotency(7, "key")));
}

TEST_CASE("audit records are numbered from 1 without gaps and listed newest first") {
    EACH_STORE(fixture);
    {
        auto lost = must(fixture.store->begin());
        core::AuditRecord record;
        must(lost->append(record));
    }
    auto transaction = must(fixture.store->begin());
    CHECK_FALSE(must(transaction->last_audit()));
    for (std::int64_t number = 1; number <= 5; ++number) {
        core::AuditRecord record{0, {number}, "token:ops", "[::1]", "job_created", "job:1", "queued", "hash"};
        must(transaction->append(record));
        CHECK(record.seq == number);
    }
    must(transaction->commit());
    auto reader = must(fixture.store->read());
    CHECK(must(reader->last_audit())->seq == 5);
    const auto page = must(reader->audit({.limit = 2, .before_row = 5}));
    REQUIRE(page.size() == 2);
    CHECK(page[0].seq == 4);
    CHECK(page[1].seq == 3);
    CHECK(page[0].time == Time{4});
    CHECK(page[0].actor == "token:ops");
    CHECK(page[0].address == "[::1]");
    CHECK(page[0].action == "job_created");
    CHECK(page[0].object == "job:1");
    CHECK(page[0].result == "queued");
    CHECK(page[0].hash == "hash");
}
