#include "platform/os/memory/memory_machine.h"

#include "platform/os/memory/manual_loop.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

namespace {

struct Fixture {
    ManualClock clock;
    ManualLoop loop{clock};
    MemoryMachine machine;
    MemoryLauncher launcher{machine, loop};
    MemoryGroups groups{machine, loop};
    std::shared_ptr<MemoryProcess> child;

    Fixture() {
        machine.install("/bin/task", [this](std::shared_ptr<MemoryProcess> process) { child = std::move(process); });
    }
    SpawnOptions task() const {
        SpawnOptions options;
        options.program = "/bin/task";
        options.arguments = {"task"};
        options.input.to = Stream::To::pipe;
        options.output.to = Stream::To::pipe;
        options.error.to = Stream::To::output;
        return options;
    }
};

}  // namespace

TEST_CASE("a simulated process reads, writes and ends, and its end is told once in the starter's loop") {
    Fixture fixture;
    REQUIRE_CODE(fixture.launcher.spawn({.program = "/none", .arguments = {"x"}}, [](Exit) {}), Code::not_found);
    std::vector<Exit> ends;
    const auto process = VALUE_OF(fixture.launcher.spawn(fixture.task(), [&](Exit exit) { ends.push_back(exit); }));
    const auto input = process->take_input();
    const auto output = process->take_output();
    std::string seen;
    bool over = false;
    REQUIRE_DONE(output->start([&] {
        char buffer[4];
        const auto got = VALUE_OF(output->read(buffer));
        REQUIRE(got.has_value());
        seen.append(buffer, *got);
        if (*got == 0) {
            over = true;
            output->pause();
        }
    }));
    const auto reader = fixture.child->open_input(fixture.loop);
    auto writer = fixture.child->open_output();
    char buffer[16];
    CHECK_FALSE(VALUE_OF(reader->read(buffer)).has_value());
    REQUIRE_DONE(input->write("go"));
    CHECK(VALUE_OF(reader->read(buffer)) == 2u);
    input->close();
    CHECK(VALUE_OF(reader->read(buffer)) == 0u);
    REQUIRE_DONE(writer->write("hello world"));
    writer.reset();
    fixture.child->end({Exit::How::exited, 3});
    CHECK(ends.empty());
    fixture.loop.run_ready();
    CHECK(seen == "hello world");
    CHECK(over);
    CHECK(ends == std::vector<Exit>{{Exit::How::exited, 3}});
    CHECK_FALSE(VALUE_OF(fixture.launcher.alive(process->identity())));
    REQUIRE_CODE(process->kill(Signal::kill), Code::not_found);
    CHECK(fixture.launcher.children().empty());
}

TEST_CASE("a simulated group is killed and told to be empty") {
    Fixture fixture;
    const auto group = VALUE_OF(fixture.groups.make("g1/tasks"));
    SpawnOptions options = fixture.task();
    options.group = group.get();
    std::vector<Exit> ends;
    const auto process = VALUE_OF(fixture.launcher.spawn(options, [&](Exit exit) { ends.push_back(exit); }));
    int signals = 0;
    fixture.child->on_signal([&](Signal) { ++signals; });
    int told = 0;
    const Handle question = VALUE_OF(group->on_empty([&] { ++told; }));
    REQUIRE_DONE(group->signal(Signal::interrupt));
    fixture.loop.run_ready();
    CHECK(signals == 1);
    CHECK(told == 0);
    REQUIRE_CODE(fixture.groups.remove("g1"), Code::conflict);
    REQUIRE_DONE(group->kill());
    CHECK(VALUE_OF(group->empty()));
    CHECK(told == 0);
    fixture.loop.run_ready();
    CHECK(told == 1);
    CHECK(ends == std::vector<Exit>{{Exit::How::signaled, 9}});
    CHECK(VALUE_OF(fixture.groups.parts("g1")) == std::vector<std::string>{"tasks"});
    REQUIRE_DONE(fixture.groups.remove("g1"));
    CHECK(VALUE_OF(fixture.groups.list()).empty());
}

TEST_CASE("a simulated process that outlives its starter can be attached to, not after a restart") {
    Fixture fixture;
    ProcessIdentity identity;
    {
        MemoryLauncher first(fixture.machine, fixture.loop);
        identity = VALUE_OF(first.spawn(fixture.task(), [](Exit) { FAIL(); }))->identity();
    }
    std::vector<Exit> ends;
    const auto attached = VALUE_OF(fixture.launcher.attach(identity, [&](Exit exit) { ends.push_back(exit); }));
    fixture.child->end({Exit::How::exited, 0});
    fixture.loop.run_ready();
    CHECK(ends == std::vector<Exit>{Exit{}});
    const auto other = VALUE_OF(fixture.launcher.spawn(fixture.task(), [](Exit) { FAIL(); }));
    const std::string boot = fixture.machine.boot();
    fixture.machine.restart();
    fixture.loop.run_ready();
    CHECK(fixture.machine.boot() != boot);
    CHECK(fixture.machine.processes().empty());
    REQUIRE_CODE(fixture.launcher.attach(other->identity(), [](Exit) {}), Code::not_found);
}
