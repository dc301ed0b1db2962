#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

namespace {

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
