#include "coordinator/store/sqlite_store.h"

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/store/sqlite_connection.h"
#include "coordinator/store/sqlite_tables.h"
#include "tests/suites/store_suite.h"
#include "tests/unit/coordinator/store/temporary_folder.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;
using sqlite::Connection;
using sqlite::Mode;

namespace {

std::unique_ptr<Store> reopen(const TemporaryFolder& folder) {
    return must(open_sqlite({.path = folder.file("slipway.db"), .now = {1}}));
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void add_pool(Store& store, const std::string& name) {
    auto transaction = must(store.begin());
    core::Pool pool{0, name, {}, {}};
    must(transaction->insert(pool));
    must(transaction->commit());
}

Error refusal(const TemporaryFolder& folder) {
    auto opened = open_sqlite({.path = folder.file("slipway.db"), .now = {1}});
    REQUIRE_FALSE(opened);
    return opened.error();
}

/// Runs `child` in a process of its own; returns how it ended, as waitpid() says.
template <typename Child>
pid_t start(Child child) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        child();
        ::_exit(0);
    }
    return pid;
}

}  // namespace

TEST_CASE("a store that is opened again holds all that was committed") {
    const TemporaryFolder folder;
    {
        auto store = reopen(folder);
        add_pool(*store, "default");
        auto transaction = must(store->begin());
        must(transaction->set_counter(Counter::fence, 41));
        core::AuditRecord record;
        record.action = "pool_created";
        must(transaction->append(record));
        must(transaction->commit());
        auto lost = must(store->begin());
        must(lost->set_counter(Counter::fence, 42));
    }
    CHECK_FALSE(std::filesystem::exists(folder.file("slipway.db-wal")));
    auto store = reopen(folder);
    auto reader = must(store->read());
    CHECK(must(reader->pool_named("default")));
    CHECK(must(reader->counter(Counter::fence)) == 41);
    CHECK(must(reader->last_audit())->action == "pool_created");
}

TEST_CASE("a database of a newer program is refused and left as it is") {
    const TemporaryFolder folder;
    add_pool(*reopen(folder), "default");
    {
        auto writer = must(Connection::open(folder.file("slipway.db"), Mode::write));
        must(writer->execute("INSERT INTO schema_migration (id, name, applied_at) VALUES (9999, 'later', 0)"));
    }
    const std::string before = content(folder.file("slipway.db"));
    const Error error = refusal(folder);
    CHECK(error.code == Code::unsupported);
    CHECK(error.reason == "schema_newer");
    CHECK_THAT(error.message, Catch::Contains("9999") && Catch::Contains("slipway.db"));
    CHECK(content(folder.file("slipway.db")) == before);
}

TEST_CASE("a file that is not a database is refused with a message") {
    const TemporaryFolder folder;
    write(folder.file("slipway.db"), std::string(8192, 'x'));
    const Error error = refusal(folder);
    CHECK(error.code == Code::corrupt);
    CHECK_THAT(error.message, Catch::Contains("slipway.db") && Catch::Contains("not a database"));
    CHECK(content(folder.file("slipway.db")) == std::string(8192, 'x'));
}

TEST_CASE("a database that was cut off is refused with a message") {
    const TemporaryFolder folder;
    add_pool(*reopen(folder), "default");
    const std::string whole = content(folder.file("slipway.db"));
    write(folder.file("slipway.db"), std::string_view(whole).substr(0, whole.size() / 2));
    const Error error = refusal(folder);
    CHECK(error.code == Code::corrupt);
    CHECK_THAT(error.message, Catch::Contains("restore a backup"));
}

TEST_CASE("after an unclean end, damage in the middle of a small database is found at once") {
    const TemporaryFolder folder;
    const pid_t pid = start([&] {
        auto store = reopen(folder);
        add_pool(*store, "default");
        must(must(Connection::open(folder.file("slipway.db"), Mode::write))->run_script("PRAGMA wal_checkpoint(FULL)"));
        add_pool(*store, "canary");
        ::kill(::getpid(), SIGKILL);
    });
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    REQUIRE(WIFSIGNALED(status));
    std::string bytes = content(folder.file("slipway.db"));
    REQUIRE(bytes.size() > 10 * 4096);
    // The page type of a page that the start itself does not read.
    for (std::size_t page = 6; page < 10; ++page) bytes[page * 4096] = 77;
    write(folder.file("slipway.db"), bytes);
    const Error error = refusal(folder);
    CHECK(error.code == Code::corrupt);
}

TEST_CASE("a database of another program is refused and left as it is") {
    const TemporaryFolder folder;
    must(must(Connection::open(folder.file("slipway.db"), Mode::write))->run_script("CREATE TABLE theirs (a INTEGER)"));
    const std::string before = content(folder.file("slipway.db"));
    CHECK(refusal(folder).code == Code::unsupported);
    CHECK(content(folder.file("slipway.db")) == before);
}

TEST_CASE("a reading connection cannot write") {
    const TemporaryFolder folder;
    auto store = reopen(folder);
    auto reader = must(Connection::open(folder.file("slipway.db"), Mode::read));
    for (const char* sql : {"INSERT INTO pool (name, created) VALUES ('x', 0)", "DELETE FROM counter", "VACUUM"})
        CHECK_FALSE(reader->run_script(sql));
    CHECK(must(must(store->read())->pools()).empty());
}

TEST_CASE("a database that may not grow refuses the transaction and goes on with the next") {
    const TemporaryFolder folder;
    auto store = must(open_sqlite({.path = folder.file("slipway.db"), .now = {1}, .database_pages_max = 80}));
    add_pool(*store, "default");
    const auto fill = [&](const std::string& id, std::size_t size) -> Result<> {
        TRY_ASSIGN(auto transaction, store->begin());
        core::Job job = make_job(id, 1);
        job.spec = std::string(size, 'x');
        const Result<> inserted = transaction->insert(job, {});
        const Result<> counted = transaction->set_counter(Counter::fence, 7);
        const Result<> committed = transaction->commit();
        CHECK(inserted.has_value() == committed.has_value());
        CHECK(counted.has_value() == committed.has_value());
        return committed;
    };
    const Result<> refused = fill("large", 1'000'000);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::disk_full);
    CHECK_FALSE(must(must(store->read())->job_by_id("large")));
    CHECK(must(must(store->read())->counter(Counter::fence)) == 0);
    must(fill("small", 100));
    CHECK(must(must(store->read())->job_by_id("small")));
}

TEST_CASE("a list of jobs walks an index from its newest end, whatever the filter") {
    const TemporaryFolder folder;
    auto store = reopen(folder);
    auto reader = must(Connection::open(folder.file("slipway.db"), Mode::read));
    const auto plan = [&](const JobFilter& filter) {
        auto query = must(reader->prepare("EXPLAIN QUERY PLAN " + sqlite::jobs_sql(filter)));
        std::string text;
        while (must(query.next())) text += std::string(query.text(3)) + ";";
        return text;
    };
    CHECK(plan({}) == "SEARCH job USING INTEGER PRIMARY KEY (rowid<?);");
    JobFilter filter;
    const auto plans = [&](std::optional<JobState> state) {
        filter.state = state;
        return plan(filter);
    };
    CHECK(plans(JobState::succeeded) == "SEARCH job USING INDEX job_state (state=? AND row<?);");
    CHECK(plans(JobState::failed) == "SEARCH job USING INDEX job_state (state=? AND row<?);");
    filter.pool_row = 1;
    CHECK(plans({}) == "SEARCH job USING INDEX job_pool (pool_row=? AND row<?);");
    CHECK(plans(JobState::succeeded) == "SEARCH job USING INDEX job_pool (pool_row=? AND row<?);");
    CHECK(plans(JobState::failed) == "SEARCH job USING INDEX job_rare_pool (pool_row=? AND state=? AND row<?);");
    filter.name = "Publish";
    CHECK(plans({}) == "SEARCH job USING INDEX job_name (name=? AND row<?);");
    CHECK(plans(JobState::canceled) == "SEARCH job USING INDEX job_rare_name (name=? AND state=? AND row<?);");
    filter.agent_row = 1;
    CHECK(plans({}) == "SEARCH job USING INDEX job_agent (agent_row=? AND row<?);");
    CHECK(plans(JobState::unknown) == "SEARCH job USING INDEX job_rare_agent (agent_row=? AND state=? AND row<?);");
    CHECK(plans(JobState::running) == "SEARCH job USING INDEX job_state (state=? AND row<?);");
}

TEST_CASE("a page of a filter that fits few jobs ends early and says where the list goes on") {
    const TemporaryFolder folder;
    auto store = reopen(folder);
    add_pool(*store, "default");
    auto transaction = must(store->begin());
    for (std::size_t number = 0; number < 3 * jobs_looked_at_max; ++number) {
        core::Job job = make_job("job-" + std::to_string(number), 1);
        must(transaction->insert(job, {}));
        job.state = number == 0 ? JobState::succeeded : JobState::failed;
        must(transaction->update(job));
    }
    must(transaction->commit());
    auto reader = must(store->read());
    JobFilter filter;
    filter.pool_row = 1;
    filter.state = JobState::succeeded;
    Page page;
    for (int pages = 1; pages <= 2; ++pages) {
        const JobList list = must(reader->jobs(filter, page));
        CHECK(list.jobs.empty());
        REQUIRE(list.looked_until);
        page.before_row = list.looked_until;
    }
    const JobList last = must(reader->jobs(filter, page));
    REQUIRE(last.jobs.size() == 1);
    CHECK(last.jobs[0].id == "job-0");
}

TEST_CASE("no more readers than allowed are out at a time, and a returned one serves the next") {
    const TemporaryFolder folder;
    auto store = must(open_sqlite(
        {.path = folder.file("slipway.db"), .now = {1}, .readers_max = 2, .reader_wait_max = Duration{1'000}}));
    auto first = must(store->read());
    auto second = must(store->read());
    const auto refused = store->read();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    first.reset();
    CHECK(store->read());
}

TEST_CASE("readers of several threads see whole transactions while the writer goes on") {
    const TemporaryFolder folder;
    auto store = reopen(folder);
    add_pool(*store, "default");
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0;
    const auto watch = [&] {
        while (!done) {
            auto reader = must(store->read());
            const auto fence = must(reader->counter(Counter::fence));
            const auto jobs = must(reader->jobs({}, {.limit = 500, .before_row = {}})).jobs;
            if (static_cast<std::int64_t>(jobs.size()) != fence) ++torn;
        }
    };
    std::thread one(watch);
    std::thread two(watch);
    for (std::int64_t number = 1; number <= 200; ++number) {
        auto transaction = must(store->begin());
        core::Job job = make_job("job-" + std::to_string(number), 1);
        must(transaction->insert(job, {}));
        must(transaction->set_counter(Counter::fence, number));
        must(transaction->commit());
    }
    done = true;
    one.join();
    two.join();
    CHECK(torn == 0);
}

TEST_CASE("what was acknowledged before a kill is there, each transaction whole or not at all") {
    for (int round = 0; round < 8; ++round) {
        const TemporaryFolder folder;
        int acknowledged[2];
        REQUIRE(::pipe(acknowledged) == 0);
        const pid_t pid = start([&] {
            auto store = reopen(folder);
            add_pool(*store, "default");
            for (char number = 1; number < 100; ++number) {
                auto transaction = must(store->begin());
                core::Job job = make_job("job-" + std::to_string(number), 1);
                must(transaction->insert(job, {}));
                must(transaction->set_counter(Counter::fence, number));
                must(transaction->commit());
                if (::write(acknowledged[1], &number, 1) != 1) ::_exit(1);
            }
        });
        ::close(acknowledged[1]);
        char last = 0;
        while (last < 5 + 7 * round && ::read(acknowledged[0], &last, 1) == 1) {
        }
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        while (::read(acknowledged[0], &last, 1) == 1) {
        }
        ::close(acknowledged[0]);
        auto store = reopen(folder);
        auto reader = must(store->read());
        const auto jobs = static_cast<std::int64_t>(must(reader->unfinished_jobs()).size());
        CHECK(jobs >= last);
        CHECK(must(reader->counter(Counter::fence)) == jobs);
    }
}

#ifdef SLIPWAY_CRASH_POINTS

namespace {

/// Runs `work` in a process that dies at a crash point.
template <typename Work>
void killed_at(const char* point, Work work) {
    const pid_t pid = start([&] {
        ::setenv("SLIPWAY_CRASH_AT", point, 1);
        work();
    });
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    REQUIRE(WIFSIGNALED(status));
}

std::size_t pool_count(const TemporaryFolder& folder) {
    auto store = reopen(folder);
    return must(must(store->read())->pools()).size();
}

}  // namespace

TEST_CASE("a kill before the commit loses it, a kill after it does not") {
    const TemporaryFolder folder;
    add_pool(*reopen(folder), "default");
    killed_at("store.commit_before", [&] { add_pool(*reopen(folder), "lost"); });
    CHECK(pool_count(folder) == 1);
    killed_at("store.commit_after", [&] { add_pool(*reopen(folder), "kept"); });
    CHECK(pool_count(folder) == 2);
}

TEST_CASE("a kill before or after the migration leaves a database that opens") {
    for (const char* point : {"store.migrate_before", "store.migrate_after"}) {
        const TemporaryFolder folder;
        killed_at(point, [&] { reopen(folder); });
        auto store = reopen(folder);
        CHECK(must(must(store->read())->pools()).empty());
        add_pool(*store, "default");
    }
}

#endif
