// The kill tests run on each level of groups that the machine has.

#include "platform/os/group.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "platform/os/file_steps.h"
#include "platform/os/process.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

namespace {

struct Variant {
    GroupLevel level;
    SpawnMethod method;
};

Variant any_variant() {
    return GENERATE(Variant{GroupLevel::cgroup, SpawnMethod::clone3}, Variant{GroupLevel::cgroup, SpawnMethod::clone},
                    Variant{GroupLevel::session, SpawnMethod::clone3});
}

class Fixture : public SystemLoopFixture {
public:
    explicit Fixture(Variant variant) : launcher(VALUE_OF(make_launcher(loop(), variant.method))) {
        auto made =
            make_groups(loop(), {.instance = instance, .level = variant.level, .adopt_orphans_beside = launcher.get()});
        if (!made && made.error().code == Code::unsupported) {
            WARN("this machine has no level " << to_string(variant.level) << ": " << made.error().message);
            return;
        }
        groups = VALUE_OF(std::move(made));
    }

    ~Fixture() {
        ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
        if (!groups) return;
        const auto names = groups->list();
        for (const std::string& name : names ? *names : std::vector<std::string>()) {
            const auto parts = groups->parts(name);
            for (const std::string& part : parts ? *parts : std::vector<std::string>())
                kill_until_empty(name + "/" + part);
            static_cast<void>(groups->remove(name));
        }
        const std::string base = groups->base();
        if (base.starts_with("cgroup:")) ::rmdir(base.substr(7).c_str());
        run_until([&] { return launcher->children().empty(); });
    }

    void kill_until_empty(const std::string& name) {
        const auto group = VALUE_OF(groups->open(name));
        if (!group) return;
        REQUIRE_DONE((*group)->kill());
        run_until([&] { return VALUE_OF((*group)->empty()); });
    }

    std::unique_ptr<Process> start(Group& group, const std::string& script, std::function<void(Exit)> ended) {
        SpawnOptions options;
        options.program = "/bin/sh";
        options.arguments = {"sh", "-c", script};
        options.environment = {"PATH=/usr/bin:/bin"};
        options.directory = &files.root();
        options.group = &group;
        return VALUE_OF(launcher->spawn(options, std::move(ended)));
    }

    bool exists(std::string_view name) { return VALUE_OF(files.root().status(name)).has_value(); }

    const std::string instance = "test" + std::to_string(::getpid());
    SystemFilesFixture files;
    std::unique_ptr<Launcher> launcher;
    std::unique_ptr<Groups> groups;
};

// Living processes whose command line holds the text; independent of the code under test.
int count_living(const std::string& text) {
    int count = 0;
    for (const Entry& entry : VALUE_OF(VALUE_OF(make_system_files()->open_directory("/proc"))->list(100'000))) {
        if (entry.name.find_first_not_of("0123456789") != std::string::npos) continue;
        const auto directory = make_system_files()->open_directory("/proc/" + entry.name);
        const auto line = directory ? read_whole(**directory, "cmdline", 100'000) : fail(Code::io, "");
        if (line && *line && (*line)->find(text) != std::string::npos) ++count;
    }
    return count;
}

#define FIXTURE_OR_RETURN(fixture)  \
    Fixture fixture(any_variant()); \
    if (!fixture.groups) return

}  // namespace

TEST_CASE("a killed group is proven empty: sessions, double forks, ignored signals, dropped environment") {
    FIXTURE_OR_RETURN(fixture);
    const auto group = VALUE_OF(fixture.groups->make("g1/tasks"));
    const std::string mark = "31" + std::to_string(::getpid());
    std::optional<Exit> exit;
    const auto process = fixture.start(*group,
                                       "trap '' TERM INT HUP\n"
                                       "(setsid sh -c 'trap \"\" TERM; sleep " +
                                           mark + " & sleep " + mark +
                                           "') &\n"
                                           "(setsid sh -c '(setsid sleep " +
                                           mark +
                                           " &) ' &)\n"
                                           "(setsid env -i /bin/sh -c '(/bin/sleep " +
                                           mark +
                                           " &) ' &)\n"
                                           "sleep 0.1; touch ready; sleep " +
                                           mark,
                                       [&](Exit how) { exit = how; });
    fixture.run_until([&] { return fixture.exists("ready"); });
    fixture.run_until([&] { return count_living("sleep" + std::string(1, '\0') + mark) == 5; });
    CHECK(VALUE_OF(group->processes()).size() >= 6);
    CHECK_FALSE(VALUE_OF(group->empty()));
    REQUIRE_CODE(fixture.groups->remove("g1"), Code::conflict);

    REQUIRE_DONE(group->signal(Signal::terminate));
    bool empty = false;
    const auto handle = VALUE_OF(group->on_empty([&] { empty = true; }));
    CHECK_FALSE(empty);
    REQUIRE_DONE(group->kill());
    fixture.run_until([&] { return empty && exit.has_value(); });
    CHECK(VALUE_OF(group->empty()));
    CHECK(count_living(mark) == 0);
    CHECK(exit->how == Exit::How::signaled);
    CHECK(exit->number == SIGKILL);
    REQUIRE_DONE(fixture.groups->remove("g1"));
    CHECK(VALUE_OF(fixture.groups->list()).empty());
}

TEST_CASE("processes that go on forking while they are killed are all gone") {
    FIXTURE_OR_RETURN(fixture);
    const auto group = VALUE_OF(fixture.groups->make("bomb/tasks"));
    // Fifty lines of forkers, each of which replaces itself for ever.
    const std::string mark = "slipway-bomb-" + std::to_string(::getpid());
    bool ended = false;
    const auto process = fixture.start(
        *group,
        "hop() { (hop \"$@\") & exit 0; }; i=0; while [ $i -lt 50 ]; do i=$((i+1)); (sleep 0.0$((i%10)); hop " + mark +
            ") & done; touch ready; wait; sleep 1000",
        [&](Exit) { ended = true; });
    fixture.run_until([&] { return fixture.exists("ready"); });
    REQUIRE_DONE(group->kill());
    bool empty = false;
    const auto handle = VALUE_OF(group->on_empty([&] { empty = true; }));
    fixture.run_until([&] { return empty && ended; });
    CHECK(VALUE_OF(group->processes()).empty());
    CHECK(count_living(mark) == 0);
}

TEST_CASE("signals reach every process of a group, those of another session too") {
    FIXTURE_OR_RETURN(fixture);
    const auto group = VALUE_OF(fixture.groups->make("g2/tasks"));
    bool ended = false;
    const auto process =
        fixture.start(*group,
                      "setsid sh -c 'trap \"touch inner; exit\" TERM; touch a; while :; do sleep 0.01; done' &\n"
                      "trap 'touch outer; exit 3' TERM; touch b; while :; do sleep 0.01; done",
                      [&](Exit how) {
                          ended = how == Exit{Exit::How::exited, 3};
                      });
    fixture.run_until([&] { return fixture.exists("a") && fixture.exists("b"); });
    REQUIRE_DONE(group->signal(Signal::terminate));
    fixture.run_until([&] { return ended && fixture.exists("inner") && fixture.exists("outer"); });
    bool empty = false;
    const auto handle = VALUE_OF(group->on_empty([&] { empty = true; }));
    fixture.run_until([&] { return empty; });
}

TEST_CASE("killing one group leaves the others alone") {
    FIXTURE_OR_RETURN(fixture);
    const auto run = VALUE_OF(fixture.groups->make("g3/run"));
    const auto tasks = VALUE_OF(fixture.groups->make("g3/tasks"));
    bool run_ended = false;
    bool task_ended = false;
    const auto first = fixture.start(*run, "exec sleep 1000", [&](Exit) { run_ended = true; });
    const auto second = fixture.start(*tasks, "exec sleep 1000", [&](Exit) { task_ended = true; });
    CHECK(VALUE_OF(fixture.groups->list()) == std::vector<std::string>{"g3"});
    CHECK(VALUE_OF(fixture.groups->parts("g3")) == std::vector<std::string>{"run", "tasks"});
    REQUIRE_DONE(tasks->kill());
    fixture.run_until([&] { return task_ended && VALUE_OF(tasks->empty()); });
    CHECK_FALSE(run_ended);
    CHECK(VALUE_OF(fixture.launcher->alive(first->identity())));
    CHECK_FALSE(VALUE_OF(run->empty()));
    fixture.kill_until_empty("g3/run");
}

TEST_CASE("a process that replaces itself without an end is never overlooked") {
    FIXTURE_OR_RETURN(fixture);
    const auto group = VALUE_OF(fixture.groups->make("g8/tasks"));
    const std::string script =
        "echo 'i=$1; [ -e stop ] || exec /bin/sh hop $((i+1)); touch stopped' > hop; (setsid /bin/sh hop 0 &) ; touch "
        "ready";
    bool ended = false;
    const auto process = fixture.start(*group, script, [&](Exit) { ended = true; });
    fixture.run_until([&] { return ended && fixture.exists("ready"); });
    {
        // Like the link, whose children these are not.
        const auto again = VALUE_OF(make_groups(fixture.loop(), {.base = fixture.groups->base()}));
        const auto found = VALUE_OF(again->open("g8/tasks"));
        REQUIRE(found.has_value());
        int overlooked = 0;
        for (int look = 0; look < 200; ++look) overlooked += VALUE_OF((*found)->empty()) ? 1 : 0;
        CHECK(overlooked == 0);
    }
    fixture.kill_until_empty("g8/tasks");
}

TEST_CASE("what was entered stays in its group when it drops the token, and what it starts in its session") {
    FIXTURE_OR_RETURN(fixture);
    const auto left = VALUE_OF(fixture.groups->make("left-g9-0"));
    const auto tasks = VALUE_OF(fixture.groups->make("g9/tasks"));
    bool ended = false;
    const auto process =
        fixture.start(*left,
                      "(setsid env -i /bin/sh -c '/bin/touch up; while ! [ -e fork ]; do /bin/sleep 0.01; done\n"
                      "(/bin/sleep 1000 &); /bin/touch forked; exec /bin/sleep 1000' &)",
                      [&](Exit) { ended = true; });
    fixture.run_until([&] { return ended && fixture.exists("up"); });
    for (const std::int64_t member : VALUE_OF(left->processes())) left->entered(member);
    static_cast<void>(
        VALUE_OF(fixture.files.root().open("fork", {.access = Access::write, .create = Create::exclusive})));
    fixture.run_until([&] { return fixture.exists("forked"); });
    // One in the middle of an exec belongs to nobody for a moment.
    fixture.run_until([&] { return VALUE_OF(tasks->empty()); });
    CHECK(VALUE_OF(left->processes()).size() >= 2);
    REQUIRE_DONE(tasks->kill());
    CHECK_FALSE(VALUE_OF(left->empty()));
    fixture.kill_until_empty("left-g9-0");
}

TEST_CASE("empty groups go at the end, those with processes stay") {
    FIXTURE_OR_RETURN(fixture);
    const auto living = VALUE_OF(fixture.groups->make("g10/tasks"));
    const auto dead = VALUE_OF(fixture.groups->make("g11/tasks"));
    bool ended = false;
    const auto process = fixture.start(*living, "exec sleep 1000", [&](Exit) { ended = true; });
    fixture.groups->remove_empty();
    CHECK(VALUE_OF(fixture.groups->list()) == std::vector<std::string>{"g10"});
    fixture.kill_until_empty("g10/tasks");
    fixture.groups->remove_empty();
    if (const std::string base = fixture.groups->base(); base.starts_with("cgroup:"))
        CHECK_FALSE(make_system_files()->open_directory(base.substr(7)));
}

TEST_CASE("what agents left behind goes when the next one starts, but not what one uses or lives in") {
    FIXTURE_OR_RETURN(fixture);
    if (fixture.groups->level() != GroupLevel::cgroup) return;
    const auto exists = [](const std::string& folder) {
        return make_system_files()->open_directory(folder).has_value();
    };
    const std::string base = fixture.groups->base().substr(7);
    const auto make = [&](const std::string& name) { return make_groups(fixture.loop(), {.instance = name}); };
    std::string left;
    {
        const auto ended = VALUE_OF(make(fixture.instance + "-ended"));
        left = ended->base().substr(7);
        VALUE_OF(ended->make("a1/run"));
    }
    CHECK(exists(left + "/a1/run"));
    const auto idle = VALUE_OF(make(fixture.instance + "-idle"));
    CHECK_FALSE(exists(left));

    std::string lived_in;
    bool gone = false;
    std::unique_ptr<Process> process;
    {
        const auto killed = VALUE_OF(make(fixture.instance + "-killed"));
        lived_in = killed->base().substr(7);
        const auto group = VALUE_OF(killed->make("a2/tasks"));
        process = fixture.start(*group, "exec sleep 1000", [&](Exit) { gone = true; });
    }
    const auto next = VALUE_OF(make(fixture.instance + "-next"));
    CHECK(exists(base));
    CHECK(exists(idle->base().substr(7)));
    CHECK(exists(lived_in + "/a2/tasks"));
    REQUIRE_DONE(process->kill(Signal::kill));
    fixture.run_until([&] { return gone; });
    VALUE_OF(make(fixture.instance + "-last"))->remove_empty();
    CHECK_FALSE(exists(lived_in));
    next->remove_empty();
    idle->remove_empty();
}

TEST_CASE("another process of the agent finds the groups by their base") {
    FIXTURE_OR_RETURN(fixture);
    const auto group = VALUE_OF(fixture.groups->make("g4/tasks"));
    bool ended = false;
    const auto process = fixture.start(*group, "exec sleep 1000", [&](Exit) { ended = true; });
    {
        const auto again = VALUE_OF(make_groups(fixture.loop(), {.base = fixture.groups->base()}));
        CHECK(again->level() == fixture.groups->level());
        // At the level session a process in the middle of its exec shows no environment for a moment.
        fixture.run_until([&] { return VALUE_OF(again->list()) == std::vector<std::string>{"g4"}; });
        const auto found = VALUE_OF(again->open("g4/tasks"));
        REQUIRE(found.has_value());
        CHECK(VALUE_OF((*found)->processes()) == std::vector<std::int64_t>{process->identity().id});
        REQUIRE_DONE((*found)->kill());
        fixture.run_until([&] { return ended && VALUE_OF((*found)->empty()); });
    }
    REQUIRE_CODE(make_groups(fixture.loop(), {.base = "elsewhere:x"}), Code::invalid);
}

TEST_CASE("an empty group says so at once, but not inside the question") {
    FIXTURE_OR_RETURN(fixture);
    const auto group = VALUE_OF(fixture.groups->make("g5/tasks"));
    CHECK(VALUE_OF(group->empty()));
    int calls = 0;
    const auto handle = VALUE_OF(group->on_empty([&] { ++calls; }));
    CHECK(calls == 0);
    fixture.run_until([&] { return calls == 1; });
    for (int turn = 0; turn < 5; ++turn) REQUIRE_DONE(fixture.loop().run_once(1ms));
    CHECK(calls == 1);
    REQUIRE_DONE(fixture.groups->remove("g5"));
    REQUIRE_DONE(fixture.groups->remove("g5"));
    CHECK(VALUE_OF(group->empty()));
}

TEST_CASE("a group that empties by itself is told, after its last process") {
    FIXTURE_OR_RETURN(fixture);
    const auto group = VALUE_OF(fixture.groups->make("g6/tasks"));
    bool ended = false;
    bool empty = false;
    const auto process = fixture.start(*group, "setsid sh -c 'while [ ! -e go ]; do sleep 0.01; done' & exit 0",
                                       [&](Exit) { ended = true; });
    const auto handle = VALUE_OF(group->on_empty([&] { empty = true; }));
    fixture.run_until([&] { return ended; });
    CHECK_FALSE(VALUE_OF(group->empty()));
    CHECK_FALSE(empty);
    REQUIRE_DONE(replace_whole(fixture.files.root(), "go", ""));
    fixture.run_until([&] { return empty; });
    CHECK(VALUE_OF(group->empty()));
}

TEST_CASE("names of groups are one or two plain names") {
    FIXTURE_OR_RETURN(fixture);
    const std::string name =
        GENERATE(as<std::string>(), "", "/", "a/", "/a", "a/b/c", "..", "../x", "a/..", "A", "a.b");
    REQUIRE_CODE(fixture.groups->make(name), Code::invalid);
    REQUIRE_CODE(fixture.groups->open(name), Code::invalid);
    REQUIRE_CODE(fixture.groups->remove(name), Code::invalid);
}

TEST_CASE("what there is not is not there") {
    Fixture fixture({GroupLevel::cgroup, SpawnMethod::automatic});
    if (!fixture.groups) return;
    CHECK_FALSE(VALUE_OF(fixture.groups->open("none")).has_value());
    CHECK_FALSE(VALUE_OF(fixture.groups->open("none/tasks")).has_value());
    CHECK(VALUE_OF(fixture.groups->parts("none")).empty());
}
