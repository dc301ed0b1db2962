#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

TEST_CASE("what is not committed is not there, for readers and for the next transaction") {
    EACH_STORE(fixture);
    {
        auto transaction = must(fixture.store->begin());
        core::Job job = make_job("job-1", fixture.pool.row);
        must(transaction->insert(job, {}));
        must(transaction->set_counter(Counter::fence, 9));
        CHECK(must(transaction->job_by_id("job-1")));
        CHECK_FALSE(must(must(fixture.store->read())->job_by_id("job-1")));
    }
    CHECK_FALSE(must(must(fixture.store->read())->job_by_id("job-1")));
    auto next = must(fixture.store->begin());
    CHECK_FALSE(must(next->job_by_id("job-1")));
    CHECK(must(next->counter(Counter::fence)) == 0);
}

TEST_CASE("rows that an abandoned transaction changed are what they were before, also for the next transaction") {
    EACH_STORE(fixture);
    core::Job job = make_job("job-1", fixture.pool.row);
    core::Attempt attempt;
    {
        auto transaction = must(fixture.store->begin());
        must(transaction->insert(job, {}));
        attempt = make_attempt("attempt-1", job, fixture.agent, 1);
        must(transaction->insert(attempt, "{}"));
        must(transaction->commit());
    }
    {
        auto transaction = must(fixture.store->begin());
        core::Agent agent = *must(transaction->agent(fixture.agent.row));
        agent.slots = 63;
        must(transaction->update(agent));
        core::Job changed = *must(transaction->job(job.row));
        changed.summary = "changed";
        must(transaction->update(changed));
        core::Attempt ended = *must(transaction->attempt_by_id("attempt-1"));
        ended.summary = "changed";
        must(transaction->update(ended));
        CHECK(must(transaction->agent(fixture.agent.row))->slots == 63);
        CHECK(must(transaction->job(job.row))->summary == "changed");
        CHECK(must(transaction->attempt(attempt.row))->summary == "changed");
    }
    auto next = must(fixture.store->begin());
    CHECK(must(next->agent(fixture.agent.row))->slots == fixture.agent.slots);
    CHECK(must(next->job(job.row))->summary == job.summary);
    CHECK(must(next->attempt(attempt.row))->summary == attempt.summary);
    CHECK(must(next->attempt_by_id("attempt-1"))->summary == attempt.summary);
}

TEST_CASE("a transaction reads more rows than it can remember as they are") {
    EACH_STORE(fixture);
    std::vector<core::Job> jobs;
    auto transaction = must(fixture.store->begin());
    for (int number = 0; number < 3000; ++number) {
        core::Job& job = jobs.emplace_back(make_job("job-" + std::to_string(number), fixture.pool.row));
        must(transaction->insert(job, {}));
        core::Attempt attempt = make_attempt("attempt-" + std::to_string(number), job, fixture.agent, number + 1);
        must(transaction->insert(attempt, "{}"));
    }
    must(transaction->commit());
    transaction.reset();
    auto next = must(fixture.store->begin());
    for (int number = 0; number < 3000; ++number) {
        const auto attempt = must(next->attempt_by_id("attempt-" + std::to_string(number)));
        REQUIRE(attempt);
        CHECK(attempt->fence == number + 1);
        CHECK(must(next->job(attempt->job_row))->id == "job-" + std::to_string(number));
    }
}

TEST_CASE("a refused row changes nothing, and the transaction goes on to its commit") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Pool before{0, "before", {}, {}};
    must(transaction->insert(before));
    core::Pool twin{0, "default", {}, {}};
    const auto refused = transaction->insert(twin);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::conflict);
    CHECK(refused.error().reason == "name_taken");
    CHECK(twin.row == 0);
    core::Pool after{0, "after", {}, {}};
    must(transaction->insert(after));
    must(transaction->commit());
    CHECK(must(must(fixture.store->read())->pools()).size() == 3);
}

TEST_CASE("a transaction in which half of a job was inserted cannot commit") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Job job = make_job("job-1", fixture.pool.row);
    const core::JobArtifact twice{"site", "docs", "3.11", std::string(64, 'a'), 1};
    const auto refused = transaction->insert(job, {twice, twice});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::internal);
    CHECK_FALSE(transaction->set_counter(Counter::fence, 1));
    CHECK_FALSE(transaction->commit());
    transaction.reset();
    auto next = must(fixture.store->begin());
    CHECK_FALSE(must(next->job_by_id("job-1")));
    must(next->insert(job, {twice}));
    must(next->commit());
}

TEST_CASE("a reader keeps its view while the writer goes on") {
    EACH_STORE(fixture);
    auto reader = must(fixture.store->read());
    for (int number = 0; number < 3; ++number) {
        auto transaction = must(fixture.store->begin());
        core::Job job = make_job("job-" + std::to_string(number), fixture.pool.row);
        must(transaction->insert(job, {}));
        must(transaction->set_counter(Counter::fence, number + 1));
        core::Agent agent = fixture.agent;
        agent.disabled = true;
        must(transaction->update(agent));
        must(transaction->commit());
        CHECK(must(reader->jobs({}, {})).jobs.empty());
        CHECK(must(reader->counter(Counter::fence)) == 0);
        CHECK_FALSE(must(reader->agent(fixture.agent.row))->disabled);
    }
    auto second = must(fixture.store->read());
    CHECK(must(second->jobs({}, {})).jobs.size() == 3);
    CHECK(must(second->counter(Counter::fence)) == 3);
    CHECK(must(reader->counter(Counter::fence)) == 0);
}

namespace {

struct Model {
    std::vector<core::Job> jobs;  ///< oldest first
    std::vector<std::int64_t> agents;

    std::vector<std::string> expected(const JobFilter& filter) const {
        std::vector<std::string> ids;
        for (std::size_t i = jobs.size(); i-- > 0;) {
            const core::Job& job = jobs[i];
            if (filter.state && job.state != *filter.state) continue;
            if (filter.pool_row && job.pool_row != *filter.pool_row) continue;
            if (filter.agent_row && agents[i] != *filter.agent_row) continue;
            if (!filter.name.empty() && job.name != filter.name) continue;
            ids.push_back(job.id);
        }
        return ids;
    }
};

constexpr JobState states[] = {JobState::queued,    JobState::leased, JobState::running,  JobState::canceling,
                               JobState::succeeded, JobState::failed, JobState::canceled, JobState::unknown};

Model fill(Transaction& transaction, std::mt19937_64& random, std::int64_t count, const std::vector<core::Pool>& pools,
           const std::vector<core::Agent>& agents) {
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    Model model;
    for (std::int64_t number = 1; number <= count; ++number) {
        core::Job job = make_job("job-" + std::to_string(number), pools[below(pools.size())].row);
        job.name = "name-" + std::to_string(below(4));
        must(transaction.insert(job, {}));
        std::int64_t agent_row = 0;
        if (below(3) > 0) {
            const core::Agent& agent = agents[below(agents.size())];
            core::Attempt attempt = make_attempt("attempt-" + std::to_string(number), job, agent, number);
            must(transaction.insert(attempt, "order"));
            job.current_attempt_row = attempt.row;
            agent_row = agent.row;
        }
        job.state = states[below(std::size(states))];
        must(transaction.update(job));
        model.jobs.push_back(job);
        model.agents.push_back(agent_row);
    }
    return model;
}

std::vector<std::string> all_pages(Reader& reader, const JobFilter& filter, std::size_t limit) {
    std::vector<std::string> ids;
    Page page{.limit = limit, .before_row = {}};
    for (;;) {
        const auto [jobs, looked_until] = must(reader.jobs(filter, page));
        if (jobs.size() > limit) throw std::runtime_error("a page is longer than its limit");
        for (const core::Job& job : jobs) {
            if (!job.spec.empty()) throw std::runtime_error("a list carries specs");
            ids.push_back(job.id);
        }
        if (jobs.size() < limit && !looked_until) return ids;
        page.before_row = looked_until ? *looked_until : jobs.back().row;
    }
}

}  // namespace

TEST_CASE("paging through 1,000 jobs with any filter gives what a plain list gives") {
    EACH_STORE(fixture);
    const std::uint64_t seed = 20'261'121;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto transaction = must(fixture.store->begin());
    std::vector<core::Pool> pools = {fixture.pool, {0, "canary", {}, {}}};
    must(transaction->insert(pools[1]));
    std::vector<core::Agent> agents = {fixture.agent, make_agent("web-02", pools[1].row),
                                       make_agent("web-03", pools[1].row)};
    must(transaction->insert(agents[1]));
    must(transaction->insert(agents[2]));
    const Model model = fill(*transaction, random, 1'000, pools, agents);
    must(transaction->commit());

    auto reader = must(fixture.store->read());
    for (unsigned combination = 0; combination < 16; ++combination) {
        for (int repeat = 0; repeat < 8; ++repeat) {
            JobFilter filter;
            if (combination & 1) filter.state = states[random() % std::size(states)];
            if (combination & 2) filter.pool_row = pools[random() % pools.size()].row;
            if (combination & 4) filter.agent_row = agents[random() % agents.size()].row;
            if (combination & 8) filter.name = "name-" + std::to_string(random() % 5);
            CHECK(all_pages(*reader, filter, 1 + random() % 70) == model.expected(filter));
        }
    }
    const auto unfinished = must(reader->unfinished_jobs());
    CHECK(std::ranges::is_sorted(unfinished, {}, &core::Job::row));
    CHECK(static_cast<std::size_t>(std::ranges::count_if(
              model.jobs, [](const core::Job& job) { return !is_final(job.state); })) == unfinished.size());
    CHECK(std::ranges::none_of(unfinished, [](const core::Job& job) { return is_final(job.state); }));
}

TEST_CASE("agents, artifacts and tokens are paged newest first, agents of a pool and artifacts of a name alone too") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    core::Pool canary{0, "canary", {}, {}};
    must(transaction->insert(canary));
    for (int number = 0; number < 20; ++number) {
        const std::string text = std::to_string(number);
        core::Agent agent = make_agent("node-" + text, number % 2 == 0 ? fixture.pool.row : canary.row);
        must(transaction->insert(agent));
        core::Artifact artifact{0, "a" + text, number % 2 == 0 ? "docs" : "conf", text, "sha", 1, {}, ""};
        must(transaction->insert(artifact));
    }
    const auto agents = must(transaction->agents({.limit = 3, .before_row = {}}, canary.row));
    REQUIRE(agents.size() == 3);
    CHECK(agents[0].name == "node-19");
    CHECK(agents[2].name == "node-15");
    const auto more = must(transaction->agents({.limit = 30, .before_row = agents[2].row}, canary.row));
    REQUIRE(more.size() == 7);
    CHECK(more[0].name == "node-13");
    CHECK(must(transaction->agents({.limit = 30, .before_row = {}}, std::nullopt)).size() == 21);
    CHECK(must(transaction->agents({.limit = 30, .before_row = agents[2].row}, std::nullopt))[0].name == "node-14");

    const auto docs = must(transaction->artifacts("docs", {.limit = 4, .before_row = {}}));
    REQUIRE(docs.size() == 4);
    CHECK(docs[3].version == "12");
    const auto older = must(transaction->artifacts("docs", {.limit = 40, .before_row = docs[3].row}));
    REQUIRE(older.size() == 6);
    CHECK(older[0].version == "10");
    CHECK(must(transaction->artifacts("", {.limit = 40, .before_row = {}})).size() == 20);
    CHECK(must(transaction->artifacts("none", {.limit = 40, .before_row = {}})).empty());
}
