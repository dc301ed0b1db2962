#include "agent/attempt/runner.h"

#include "tests/unit/agent/attempt/attempt_fixture.h"

using namespace slipway;
using namespace slipway::attempt;

namespace {

wire::OrderTask shell(const std::string& script) { return AttemptFixture::shell(script); }

std::vector<TaskState> ends_of(AttemptFixture& fixture) {
    std::vector<TaskState> states;
    for (const auto& finished : fixture.events_of<wire::TaskFinished>()) states.push_back(finished.state);
    return states;
}

}  // namespace

TEST_CASE("tasks run in order, their output is the log, its digest is in the outcome") {
    AttemptFixture fixture;
    const auto outcome = fixture.run(fixture.order({shell("echo one; echo two >&2"), shell("printf three")}));
    CHECK(outcome.result == Ending::succeeded);
    CHECK_FALSE(outcome.with_issues);
    CHECK_FALSE(outcome.reason);
    CHECK(outcome.summary == "");
    CHECK(outcome.exit_codes == std::vector<std::optional<std::int64_t>>{0, 0});
    CHECK(fixture.log() == "one\ntwo\nthree");
    CHECK(outcome.log_length == 13);
    CHECK(outcome.log_sha256 == crypto::sha256("one\ntwo\nthree"));
    CHECK(outcome.started);

    const auto events = fixture.events();
    REQUIRE(events.size() == 4);
    for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i].seq == static_cast<std::int64_t>(i) + 1);
    CHECK(std::get<wire::TaskStarted>(events[0].what) == wire::TaskStarted{0, "Step", 0});
    CHECK(std::get<wire::TaskFinished>(events[1].what) == wire::TaskFinished{0, TaskState::succeeded, {}, 0, 8});
    CHECK(std::get<wire::TaskStarted>(events[2].what) == wire::TaskStarted{1, "Step", 8});
    CHECK(std::get<wire::TaskFinished>(events[3].what) == wire::TaskFinished{1, TaskState::succeeded, {}, 0, 13});
    const std::string marks = fixture.text(run::marks_name);
    CHECK_THAT(marks, Catch::StartsWith("0 ") && Catch::Contains("\n8 "));
}

TEST_CASE("a task that fails ends the attempt, and the summary quotes what it said last about the error") {
    AttemptFixture fixture;
    const auto outcome =
        fixture.run(fixture.order({shell("echo 'error: no such host'; echo bye; exit 3"), shell("echo never")}));
    CHECK(outcome.result == Ending::failed);
    CHECK(outcome.reason == Reason::exit_code);
    CHECK(outcome.summary == "Task 1 \"Step\": exit code 3: error: no such host");
    CHECK(outcome.exit_codes == std::vector<std::optional<std::int64_t>>{3, std::nullopt});
    CHECK(ends_of(fixture) == std::vector{TaskState::failed, TaskState::skipped});
    CHECK(fixture.log() == "error: no such host\nbye\n");
}

TEST_CASE("a script ends at its first command that fails") {
    AttemptFixture fixture;
    auto bash = shell("false | cat; echo never");
    bash.inputs["interpreter"] = "bash";
    CHECK(fixture.run(fixture.order({bash})).exit_codes[0] == 1);
    CHECK(fixture.log() == "");
    AttemptFixture other;
    CHECK(other.run(other.order({shell("false; echo never")})).exit_codes[0] == 1);
    CHECK(other.log() == "");
}

TEST_CASE("a process that was killed by a signal has 128 and its number as exit code") {
    AttemptFixture fixture;
    const auto outcome = fixture.run(fixture.order({shell("kill -9 $$")}));
    CHECK(outcome.reason == Reason::exit_code);
    CHECK(outcome.exit_codes[0] == 137);
}

TEST_CASE("with continue_on_error the next task runs and the attempt succeeds with issues") {
    AttemptFixture fixture;
    auto first = shell("exit 1");
    first.continue_on_error = true;
    const auto outcome = fixture.run(fixture.order({first, shell("echo on")}));
    CHECK(outcome.result == Ending::succeeded);
    CHECK(outcome.with_issues);
    CHECK(outcome.summary == "Task 1 \"Step\": exit code 1");
    CHECK(fixture.log() == "on\n");
}

TEST_CASE("a task that is not enabled is skipped") {
    AttemptFixture fixture;
    auto off = shell("echo never");
    off.enabled = false;
    const auto outcome = fixture.run(fixture.order({off, shell("echo on")}));
    CHECK(outcome.result == Ending::succeeded);
    CHECK_FALSE(outcome.with_issues);
    CHECK(fixture.log() == "on\n");
    CHECK(ends_of(fixture) == std::vector{TaskState::skipped, TaskState::succeeded});
    CHECK(fixture.events_of<wire::TaskStarted>().size() == 1);
}

TEST_CASE("a task's time-out ends that task, and only it with continue_on_error") {
    AttemptFixture fixture;
    auto slow = shell("echo begun; sleep 60");
    slow.timeout_s = 1;
    slow.continue_on_error = GENERATE(true, false);
    auto order = fixture.order({slow, shell("echo on")});
    order.cancel_grace_s = 1;
    const auto outcome = fixture.run(order);
    CHECK_THAT(outcome.summary, Catch::Contains("ran longer than its time-out of 1"));
    if (slow.continue_on_error) {
        CHECK(outcome.result == Ending::succeeded);
        CHECK(fixture.log() == "begun\non\n");
    } else {
        CHECK(outcome.result == Ending::failed);
        CHECK(outcome.reason == Reason::timed_out);
        CHECK(ends_of(fixture) == std::vector{TaskState::failed, TaskState::skipped});
    }
    CHECK(fixture.events_of<wire::TaskFinished>()[0].reason == Reason::timed_out);
}

TEST_CASE("the job's time-out counts from go over all tasks and stops everything") {
    AttemptFixture fixture;
    auto slow = shell("sleep 60");
    slow.continue_on_error = true;
    auto order = fixture.order({shell("sleep 0.5"), slow, shell("echo never")});
    order.timeout_s = 1;
    order.cancel_grace_s = 0;
    const auto outcome = fixture.run(order);
    CHECK(outcome.result == Ending::failed);
    CHECK(outcome.reason == Reason::timed_out);
    CHECK(outcome.duration_ms >= 1000);
    CHECK(outcome.duration_ms < 1400);
    CHECK(fixture.log() == "");
    CHECK_THAT(outcome.summary, Catch::Contains("the job reached its time-out of 1"));
}

TEST_CASE("a job that ignores every signal is cancelled with its whole tree, also what left its session") {
    AttemptFixture fixture(GENERATE(os::GroupLevel::cgroup, os::GroupLevel::session));
    // Three processes that ignore what can be ignored: the task, a child, and one in a session of its own.
    const std::string stubborn = "trap '' INT TERM HUP; ";
    fixture.begin(fixture.order(
        {shell(stubborn + "setsid sh -c \"" + stubborn + "echo away; while :; do sleep 1; done\" & sh -c \"" +
               stubborn + "echo child; while :; do sleep 1; done\" & echo own; while :; do sleep 1; done"),
         shell("echo never")}));
    fixture.turn_until([&] { return fixture.log().size() == std::string_view("away\nchild\nown\n").size(); });
    auto group = VALUE_OF(fixture.groups().open("k1/tasks"));
    REQUIRE(group);
    CHECK_FALSE(VALUE_OF((*group)->empty()));
    fixture.cancel(1);
    const auto outcome = fixture.finish();
    CHECK(outcome.result == Ending::canceled);
    CHECK(outcome.reason == Reason::canceled_by_user);
    CHECK(outcome.summary == "Task 1 \"Step\" was canceled");
    CHECK(outcome.exit_codes[0] == 137);
    CHECK(VALUE_OF((*group)->empty()));
    CHECK(ends_of(fixture) == std::vector{TaskState::canceled, TaskState::skipped});
}

TEST_CASE("a task is asked before it is killed: SIGINT, then SIGTERM at three quarters of the grace") {
    AttemptFixture fixture;
    fixture.begin(fixture.order({shell(
        "trap 'echo int' INT; trap 'echo term; exit 9' TERM; echo ready; while :; do sleep 0.05 || true; done")}));
    fixture.turn_until([&] { return fixture.log() == "ready\n"; });
    fixture.cancel(2);
    const auto outcome = fixture.finish();
    CHECK(outcome.result == Ending::canceled);
    CHECK(outcome.exit_codes[0] == 9);
    CHECK_THAT(fixture.log(), Catch::Contains("int\n") && Catch::EndsWith("term\n"));
    CHECK(outcome.duration_ms >= 1500);
    CHECK(outcome.duration_ms < 2000);
    CHECK(outcome.log_sha256 == crypto::sha256(fixture.log()));
}

TEST_CASE("what was cancelled before the first task never starts one") {
    AttemptFixture fixture;
    const auto order = fixture.order({shell("echo never")});
    fixture.begin(order);
    fixture.cancel(10);
    const auto outcome = fixture.finish();
    CHECK(outcome.result == Ending::canceled);
    CHECK_FALSE(outcome.started);
    CHECK(fixture.log() == "");
    CHECK(fixture.events_of<wire::TaskStarted>().empty());
}

TEST_CASE("a million numbered lines come through without a byte changed") {
    AttemptFixture fixture;
    const auto outcome = fixture.run(fixture.order({shell("seq 1 1000000")}));
    std::string expected;
    for (int i = 1; i <= 1'000'000; ++i) expected += std::to_string(i) + "\n";
    CHECK(outcome.log_length == static_cast<std::int64_t>(expected.size()));
    CHECK(outcome.log_sha256 == crypto::sha256(expected));
    CHECK((fixture.log() == expected));
}

TEST_CASE("bytes that are no text stay as they are") {
    AttemptFixture fixture;
    const auto outcome = fixture.run(fixture.order({shell("printf 'a\\000\\377\\r##vso[x]\\n'")}));
    const std::string expected("a\0\xff\r##vso[x]\n", 13);
    CHECK((fixture.log() == expected));
    CHECK(outcome.log_sha256 == crypto::sha256(expected));
}

TEST_CASE("what a task leaves running has two seconds, then it is killed and named") {
    AttemptFixture fixture;
    const auto outcome = fixture.run(fixture.order({shell("sleep 100 & echo $!"), shell("echo on")}));
    CHECK(outcome.result == Ending::succeeded);
    CHECK(outcome.with_issues);
    CHECK(outcome.duration_ms >= 2000);
    const auto issues = fixture.events_of<wire::Issue>();
    REQUIRE(issues.size() == 1);
    const std::string process = fixture.log().substr(0, fixture.log().find('\n'));
    CHECK_THAT(issues[0].message, Catch::Contains(process) && Catch::Contains("leave_running"));
    CHECK(issues[0].task == 0);
}

TEST_CASE("what ends within two seconds after its task is waited for, its output too") {
    AttemptFixture fixture;
    const auto outcome = fixture.run(fixture.order({shell("(sleep 0.3; echo late) & echo first"), shell("echo next")}));
    CHECK_FALSE(outcome.with_issues);
    CHECK(fixture.log() == "first\nlate\nnext\n");
}

TEST_CASE("with leave_running the task's children go on and no cancel kills them") {
    AttemptFixture fixture;
    auto service = shell("sleep 100 & echo $!");
    service.leave_running = true;
    fixture.begin(fixture.order({service, shell("echo second; sleep 60")}));
    fixture.turn_until([&] { return fixture.log().ends_with("second\n"); });
    fixture.cancel(0);
    const auto outcome = fixture.finish();
    CHECK(outcome.result == Ending::canceled);
    auto group = VALUE_OF(fixture.groups().open("left-k1-0"));
    REQUIRE(group);
    CHECK_FALSE(VALUE_OF((*group)->empty()));
    CHECK(fixture.events_of<wire::Issue>().empty());
}

TEST_CASE("a daemon that a task leaves running lives on though it overwrote its environment") {
    const auto level = GENERATE(os::GroupLevel::cgroup, os::GroupLevel::session);
    AttemptFixture fixture(level);
    auto service = shell("(setsid env -i /bin/sleep 100 > /dev/null 2>&1 &)");
    service.leave_running = true;
    const auto outcome = fixture.run(fixture.order({service, shell("true"), shell("true")}));
    CHECK(outcome.result == Ending::succeeded);
    CHECK(fixture.events_of<wire::Issue>().empty());
    auto group = VALUE_OF(fixture.groups().open("left-k1-0"));
    REQUIRE(group);
    CHECK_FALSE(VALUE_OF((*group)->empty()));
    REQUIRE_DONE((*group)->kill());
    fixture.turn_until([&] { return VALUE_OF((*group)->empty()); });
}

TEST_CASE("a cancel ends the own process of a task with leave_running") {
    AttemptFixture fixture;
    auto service = shell("trap '' INT; sleep 100 & echo up; while :; do sleep 0.1; done");
    service.leave_running = true;
    fixture.begin(fixture.order({service}));
    fixture.turn_until([&] { return fixture.log() == "up\n"; });
    fixture.cancel(1);
    const auto outcome = fixture.finish();
    CHECK(outcome.result == Ending::canceled);
    CHECK(outcome.exit_codes[0] == 128 + 15);
}

TEST_CASE("an outcome that a task wrote is put aside and told") {
    AttemptFixture fixture;
    const std::string script =
        GENERATE(as<std::string>(), "echo '{\"result\":\"succeeded\"}' > ../outcome.json; exit 1",
                 "mkdir -p ../outcome.json/a ../outcome.foreign/b; exit 1",
                 "ln -s /etc/passwd ../outcome.json; mkdir -p ../.outcome.json.new/x; exit 1");
    const auto outcome = fixture.run(fixture.order({shell(script)}));
    CHECK(outcome.result == Ending::failed);
    CHECK(outcome.flags.count(Flag::outcome_tampered) == 1);
    CHECK(VALUE_OF(fixture.directory().status(run::foreign_outcome_name)));
}

TEST_CASE("a log that a task put something else in place of is told, and nothing else is written to") {
    AttemptFixture fixture;
    fixture.put(fixture.cache(), "victim", "untouched");
    const std::string victim = fixture.cache_path() + "/victim";
    const auto outcome =
        fixture.run(fixture.order({shell("echo before; rm ../log; ln -s " + victim + " ../log"), shell("echo after")}));
    CHECK(outcome.result == Ending::succeeded);
    CHECK(outcome.flags.count(Flag::log_tampered) == 1);
    CHECK(outcome.log_sha256 == crypto::sha256("before\nafter\n"));
    CHECK(VALUE_OF(os::read_whole(fixture.cache(), "victim", 100)) == "untouched");
}

TEST_CASE("beyond its limit the log ends and the gap is counted") {
    AttemptFixture fixture;
    auto order = fixture.order({shell("printf 1234567890abc"), shell("printf more")});
    order.log_bytes_max = 10;
    const auto outcome = fixture.run(order);
    CHECK(outcome.result == Ending::succeeded);
    CHECK(outcome.flags.count(Flag::log_gap) == 1);
    CHECK(fixture.log() == "1234567890");
    CHECK(outcome.log_sha256 == crypto::sha256("1234567890"));
    CHECK(fixture.events_of<wire::LogGap>() == std::vector{wire::LogGap{3}, wire::LogGap{7}});
}

TEST_CASE("artifacts are copied for the tasks, which may write to them") {
    AttemptFixture fixture;
    const std::string bytes(3'000'000, 'x');
    fixture.put(fixture.cache(), crypto::sha256(bytes), bytes);
    fixture.put(fixture.cache(), crypto::sha256(""), "");
    auto order = fixture.order(
        {shell("wc -c < site; wc -c < \"$ARTIFACTS_NOTHING_PATH\"; echo $ARTIFACTS_SITE_VERSION; echo more >> site")});
    order.artifacts = {{"site", "docs", "3.11", crypto::sha256(bytes), 3'000'000},
                       {"nothing", "nil", "1", crypto::sha256(""), 0}};
    const auto outcome = fixture.run(order);
    CHECK(outcome.result == Ending::succeeded);
    CHECK(fixture.log() == "3000000\n0\n3.11\n");
    CHECK((VALUE_OF(os::read_whole(fixture.cache(), crypto::sha256(bytes), 4'000'000)) == bytes));
}

TEST_CASE("an artifact that is not what the job names starts no task and leaves the cache") {
    AttemptFixture fixture;
    const std::string digest = crypto::sha256("good");
    auto order = fixture.order({shell("echo never")});
    order.artifacts = {{"site", "docs", "3.11", digest, 4}};
    SECTION("other bytes") {
        fixture.put(fixture.cache(), digest, "evil");
        const auto outcome = fixture.run(order);
        CHECK(outcome.reason == Reason::artifact_corrupt);
        CHECK_FALSE(VALUE_OF(fixture.cache().status(digest)));
        CHECK_THAT(outcome.summary, Catch::Contains("docs 3.11"));
    }
    SECTION("missing") {
        const auto outcome = fixture.run(order);
        CHECK(outcome.reason == Reason::artifact_missing);
        CHECK_FALSE(outcome.started);
    }
    CHECK(fixture.log() == "");
}

TEST_CASE("a task works where the job says, and what is missing of it is made") {
    AttemptFixture fixture;
    auto own = shell("pwd");
    own.working_directory = "deeper/still";
    auto order = fixture.order({shell("pwd; stat -c %a ."), own});
    order.working_directory = fixture.path() + "/srv/$(name)";
    order.variables = {{"name", "docs"}};
    const auto outcome = fixture.run(order);
    CHECK(outcome.result == Ending::succeeded);
    CHECK(fixture.log() == fixture.path() + "/srv/docs\n755\n" + fixture.path() + "/srv/docs/deeper/still\n");
}

TEST_CASE("an unknown variable is an error where it would lead to a wrong place, else a warning") {
    AttemptFixture fixture;
    auto lost = shell("true");
    lost.working_directory = "/srv/$(nothing)";
    lost.continue_on_error = true;
    auto file = shell("");
    file.inputs = {{"file", "$(nothing).sh"}};
    file.continue_on_error = true;
    auto env = shell("echo \"$GREETING\" '$(script text stays)'");
    env.env = {{"GREETING", "hi $(nobody) $(port)"}};
    auto order = fixture.order({lost, file, env});
    order.variables = {{"port", "80"}};
    const auto outcome = fixture.run(order);
    CHECK(outcome.result == Ending::succeeded);
    CHECK(fixture.log() == "hi $(nobody) 80 $(script text stays)\n");
    const auto ends = fixture.events_of<wire::TaskFinished>();
    CHECK(ends[0].reason == Reason::input_invalid);
    CHECK(ends[1].reason == Reason::input_invalid);
    const auto issues = fixture.events_of<wire::Issue>();
    REQUIRE(issues.size() == 3);
    CHECK_THAT(issues[0].message, Catch::Contains("there is no variable nothing"));
    CHECK(issues[2].severity == wire::Severity::warning);
    CHECK_THAT(issues[2].message, Catch::Contains("$(nobody)"));
}

TEST_CASE("what cannot be started says why") {
    AttemptFixture fixture;
    struct Case {
        wire::OrderTask task;
        Reason reason;
        const char* message;
    };
    auto unknown = shell("true");
    unknown.task = "teleport@9";
    auto no_sh = shell("true");
    no_sh.env = {{"PATH", "/nonexistent"}};
    auto occupied = shell("true");
    occupied.working_directory = "/etc/passwd";
    auto wrong_input = shell("true");
    wrong_input.inputs["speed"] = "high";
    for (const Case& c :
         {Case{unknown, Reason::start_failed, "teleport@9"}, Case{no_sh, Reason::start_failed, "there is no sh"},
          Case{occupied, Reason::input_invalid, "/etc/passwd"},
          Case{wrong_input, Reason::input_invalid, "no input speed"}}) {
        AttemptFixture one;
        CAPTURE(c.message);
        const auto outcome = one.run(one.order({c.task, shell("echo never")}));
        CHECK(outcome.result == Ending::failed);
        CHECK(outcome.reason == c.reason);
        CHECK_THAT(outcome.summary, Catch::Contains(c.message));
        CHECK_FALSE(outcome.exit_codes[0]);
        CHECK(one.log() == "");
    }
}

TEST_CASE("issues beyond the limit of events are dropped, starts and ends of tasks are not") {
    AttemptFixture fixture;
    auto noisy = shell("true");
    for (int i = 0; i < 20; ++i) noisy.env["V" + std::to_string(i)] = "$(nobody)";
    auto order = fixture.order({noisy, shell("echo on")});
    order.events_max = 2 * static_cast<std::int64_t>(limits::tasks_max) + 2 + 5;
    const auto outcome = fixture.run(order);
    CHECK(outcome.result == Ending::succeeded);
    const auto issues = fixture.events_of<wire::Issue>();
    REQUIRE(issues.size() == 5);
    CHECK_THAT(issues.back().message, Catch::Contains("no further issues"));
    CHECK(ends_of(fixture) == std::vector{TaskState::succeeded, TaskState::succeeded});
}
