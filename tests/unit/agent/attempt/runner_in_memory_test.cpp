#include <random>

#include "agent/attempt/runner.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "platform/os/memory/memory_files.h"
#include "platform/os/reserve.h"
#include "platform/run/attempt_view.h"
#include "platform/run/cancel.h"
#include "platform/run/names.h"
#include "tests/suites/os_fixtures.h"
#include "tests/unit/agent/attempt/scripted_processes.h"

using namespace slipway;
using namespace slipway::attempt;

namespace {

class AnyProgram final : public Programs {
public:
    Result<Command> command_of(const tasks::Manifest&, const tasks::Inputs&, const std::string&) override {
        return Command{"/bin/any", {"any"}, {}};
    }
};

class SeededRandom final : public Random {
public:
    explicit SeededRandom(unsigned seed) : engine_(seed) {}
    void fill(std::span<unsigned char> bytes) override {
        for (auto& byte : bytes) byte = static_cast<unsigned char>(engine_());
    }

private:
    std::mt19937 engine_;
};

/// An attempt on a machine that is memory: what it asks of the disk is written down, time passes when the test says.
struct MemoryMachine {
    explicit MemoryMachine(int tasks) {
        order.attempt = "0193506c-0000-7000-8000-000000000001";
        order.tasks.resize(static_cast<std::size_t>(tasks));
        for (auto& task : order.tasks) task.task = "shell@1", task.inputs = {{"script", "any"}};
        root = VALUE_OF(files.make_directories("/attempts", 0700));
        files.on_operation([this](std::string_view operation, const std::string& path) -> std::optional<Error> {
            disk.push_back(std::string(operation) + " " + path.substr(path.rfind('/') + 1));
            if (disk.back() == "remove reserve") files.set_free_bytes(std::nullopt);
            return {};
        });
    }
    void begin() {
        auto attempt_files = VALUE_OF(make_attempt_files(*root, order.attempt, {"k1", {"boot", 1, 1}}));
        disk.clear();
        RunnerOptions options;
        options.group = "k1";
        options.tasks = VALUE_OF(groups.make("k1/tasks"));
        options.directory = "/attempts/" + order.attempt;
        options.state = "/";
        runner.emplace(World{loop, clock, files, watches, launcher, groups, programs, catalogue, filter},
                       std::move(options), order, std::move(attempt_files),
                       [this](const wire::Outcome& how) { outcome = how; });
        start = clock.steady();
        runner->start();
        loop.run_ready();
    }
    ScriptedProcess& process() { return *groups.processes.back(); }
    void print(const std::string& bytes) {
        process().output.push_back(bytes);
        if (process().ready) process().ready();
        loop.run_ready();
    }
    void exit(int code) {
        process().alive = false;
        process().ended({os::Exit::How::exited, code});
        loop.run_ready();
    }
    std::int64_t syncs(const std::string& name) const {
        return std::count_if(disk.begin(), disk.end(), [&](const std::string& line) {
            return line.starts_with("sync") && line.ends_with(" " + name);
        });
    }
    std::string text(std::string_view name) {
        const auto directory = VALUE_OF(root->open_directory(order.attempt));
        return VALUE_OF(os::read_whole(*directory, name, 1 << 24)).value_or("(missing)");
    }
    std::vector<std::pair<std::int64_t, os::Signal>> sent() const {
        auto times = groups.sent;
        for (auto& [us, signal] : times) us -= start.us;
        return times;
    }

    os::ManualClock clock;
    os::ManualLoop loop{clock};
    os::MemoryFiles files{clock};
    os::MemoryFileWatches watches{loop};
    ScriptedGroups groups{loop, clock};
    std::vector<std::string> disk;
    std::vector<std::vector<std::string>> disk_at_spawn;
    ScriptedLauncher launcher{groups, [this] { disk_at_spawn.push_back(disk); }};
    AnyProgram programs;
    tasks::Catalogue catalogue = tasks::Catalogue::built_in();
    PassThrough filter;
    std::unique_ptr<os::Directory> root;
    wire::Order order;
    std::optional<Runner> runner;
    std::optional<wire::Outcome> outcome;
    Steady start;
};

}  // namespace

TEST_CASE("before the first task nothing is synced, before each later one its task_started") {
    MemoryMachine machine(3);
    machine.begin();
    for (int task = 0; task < 3; ++task) machine.exit(0);
    REQUIRE(machine.outcome);
    REQUIRE(machine.disk_at_spawn.size() == 3);
    const auto is_sync = [](const std::string& line) { return line.starts_with("sync"); };
    CHECK(std::none_of(machine.disk_at_spawn[0].begin(), machine.disk_at_spawn[0].end(), is_sync));
    for (std::size_t task = 1; task < 3; ++task) {
        // The last thing that happened to the events before the spawn is a sync, and it came after the last line.
        std::vector<std::string> events;
        for (const auto& line : machine.disk_at_spawn[task])
            if (line.ends_with(" events")) events.push_back(line);
        REQUIRE_FALSE(events.empty());
        CHECK_THAT(events.back(), Catch::StartsWith("sync"));
    }
}

TEST_CASE("once the outcome is told no power cut takes it, the log or the events") {
    for (unsigned seed = 0; seed < 50; ++seed) {
        MemoryMachine machine(2);
        machine.begin();
        // The link has made these names durable.
        REQUIRE_DONE(VALUE_OF(machine.files.open_directory("/"))->sync());
        REQUIRE_DONE(machine.root->sync());
        REQUIRE_DONE(VALUE_OF(machine.root->open_directory(machine.order.attempt))->sync());
        machine.print("hello\n");
        machine.exit(0);
        machine.exit(3);
        REQUIRE(machine.outcome);
        SeededRandom random(seed);
        machine.files.power_cut(random);
        machine.root = VALUE_OF(machine.files.open_directory("/attempts"));
        CHECK(machine.text(run::outcome_name) == wire::encode(*machine.outcome));
        CHECK(machine.text(run::log_name) == "hello\n");
        const std::string events = machine.text(run::events_name);
        CHECK(std::count(events.begin(), events.end(), '\n') == 4);
    }
}

TEST_CASE("output is synced a second after it came or when there are 256 KiB, and not again without more") {
    MemoryMachine machine(1);
    machine.begin();
    machine.print("hello\n");
    CHECK(machine.syncs("log") == 0);
    machine.loop.run_for(1s);
    CHECK(machine.syncs("log") == 1);
    CHECK(machine.syncs("events") == 1);
    machine.loop.run_for(10min);
    CHECK(machine.syncs("log") == 1);
    for (int i = 0; i < 5; ++i) machine.print(std::string(60 * 1024, 'x'));
    CHECK(machine.syncs("log") == 2);
}

TEST_CASE("signals come at their exact moments, and the group is killed at the end of the grace") {
    MemoryMachine machine(1);
    machine.begin();
    machine.loop.run_for(5s);
    const auto directory = VALUE_OF(machine.root->open_directory(machine.order.attempt));
    REQUIRE_DONE(run::write_cancel(*directory, 10));
    machine.loop.run_for(9'999'999us);
    CHECK_FALSE(machine.outcome);
    machine.loop.run_for(1us);
    machine.loop.run_ready();
    CHECK(machine.sent() == std::vector<std::pair<std::int64_t, os::Signal>>{{5'000'000, os::Signal::interrupt},
                                                                             {12'500'000, os::Signal::terminate},
                                                                             {15'000'000, os::Signal::kill}});
    REQUIRE(machine.outcome);
    CHECK(machine.outcome->result == Ending::canceled);
    CHECK(machine.outcome->duration_ms == 15'000);
}

TEST_CASE("a second cancel with less patience counts") {
    MemoryMachine machine(1);
    machine.begin();
    const auto directory = VALUE_OF(machine.root->open_directory(machine.order.attempt));
    REQUIRE_DONE(run::write_cancel(*directory, 600));
    machine.loop.run_for(5s);
    REQUIRE_DONE(run::write_cancel(*directory, 0));
    machine.loop.run_ready();
    REQUIRE(machine.outcome);
    CHECK(machine.sent().back() == std::pair{std::int64_t{5'000'000}, os::Signal::kill});
}

TEST_CASE("the longest job may run for seven days and not longer, whatever the wall clock says") {
    MemoryMachine machine(1);
    machine.order.timeout_s = limits::job_timeout_s_max;
    machine.order.cancel_grace_s = 0;
    machine.begin();
    machine.clock.set_wall({0});
    machine.loop.run_for(7 * 24h - 1us);
    CHECK_FALSE(machine.outcome);
    machine.loop.run_for(1us);
    machine.loop.run_ready();
    REQUIRE(machine.outcome);
    CHECK(machine.outcome->reason == Reason::timed_out);
}

TEST_CASE("on a full disk the reserve makes room for the events and the outcome, and for nothing else") {
    MemoryMachine machine(1);
    const auto state = VALUE_OF(machine.files.open_directory("/"));
    REQUIRE(VALUE_OF(os::Reserve(*state, 4096).make()));
    machine.begin();
    machine.files.set_free_bytes(0);
    machine.print("dropped\n");
    CHECK(VALUE_OF(state->status("reserve")));
    machine.exit(0);
    CHECK_FALSE(VALUE_OF(state->status("reserve")));
    REQUIRE(machine.outcome);
    CHECK(machine.outcome->result == Ending::succeeded);
    const auto view = VALUE_OF(run::AttemptView::open(*machine.root, machine.order.attempt, os::MemoryFiles::user));
    const auto events = VALUE_OF(view->events_after(0, {100, 1 << 20}));
    REQUIRE_FALSE(events.empty());
    CHECK(wire::kind_of(events.back()) == "task_finished");
}

TEST_CASE("on a full disk the task goes on, the gap is counted, and the outcome comes when there is room") {
    MemoryMachine machine(2);
    machine.begin();
    machine.print("kept\n");
    machine.files.set_free_bytes(0);
    machine.print("dropped\n");
    machine.exit(0);
    CHECK(machine.disk_at_spawn.size() == 1);
    machine.loop.run_for(1h);
    CHECK_FALSE(machine.outcome);
    CHECK(machine.text(run::outcome_name) == "(missing)");
    machine.files.set_free_bytes(std::nullopt);
    machine.loop.run_for(1s);
    REQUIRE(machine.outcome);
    CHECK(machine.outcome->result == Ending::failed);
    CHECK(machine.outcome->reason == Reason::disk_full);
    CHECK(machine.outcome->flags.count(Flag::log_gap) == 1);
    CHECK(machine.text(run::log_name) == "kept\n");
    CHECK(machine.outcome->log_sha256 == crypto::sha256("kept\n"));

    // Nothing that happened is missing from the events.
    const auto view = VALUE_OF(run::AttemptView::open(*machine.root, machine.order.attempt, os::MemoryFiles::user));
    const auto events = VALUE_OF(view->events_after(0, {100, 1 << 20}));
    std::vector<std::string> kinds;
    for (const auto& event : events) kinds.emplace_back(wire::kind_of(event));
    CHECK(kinds == std::vector<std::string>{"task_started", "log_gap", "task_finished", "task_started", "issue",
                                            "task_finished"});
}

TEST_CASE("an outcome that was told survives a power cut under the attempt's own name, with its order") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        MemoryMachine machine(1);
        REQUIRE_DONE(VALUE_OF(machine.files.open_directory("/"))->sync());
        machine.begin();
        const auto claimed = VALUE_OF(machine.root->open_directory(machine.order.attempt));
        REQUIRE_DONE(os::replace_whole(*claimed, run::order_name, "the order"));  // as the waiting process does
        machine.exit(0);
        REQUIRE(machine.outcome);
        SeededRandom random(seed);
        machine.files.power_cut(random);
        const auto directory = VALUE_OF(machine.files.open_directory("/attempts/" + machine.order.attempt));
        CHECK(VALUE_OF(os::read_whole(*directory, run::outcome_name, 1 << 20)) == wire::encode(*machine.outcome));
        CHECK(VALUE_OF(os::read_whole(*directory, run::order_name, 1 << 20)) == "the order");
    }
}
