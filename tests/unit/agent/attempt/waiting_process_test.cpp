#include "agent/attempt/waiting_process.h"

#include "platform/run/handover.h"
#include "platform/wire/envelope.h"
#include "tests/unit/agent/attempt/attempt_fixture.h"

using namespace slipway;
using namespace slipway::attempt;

namespace {

/// One waiting process, in this one, and the link's end of its standard input.
struct Line {
    Line(AttemptFixture& owner, const std::string& name, const std::string& group) : fixture(owner) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        link = ends[1];
        WaitingOptions options{.attempts = fixture.attempts_path(),
                               .name = name,
                               .group = group,
                               .state = {},
                               .cache = fixture.cache_path(),
                               .environment = {{"PATH", "/usr/bin:/bin"}}};
        waiting.emplace(fixture.world(), std::move(options), VALUE_OF(os::make_pipe_reader(fixture.loop(), ends[0])),
                        [this](Result<WaitingEnd> how) { end = std::move(how); });
        REQUIRE_DONE(waiting->start());
    }
    ~Line() { hang_up(); }
    void say(const std::string& bytes) {
        REQUIRE(::write(link, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    void hang_up() {
        if (link >= 0) ::close(link);
        link = -1;
    }
    Result<WaitingEnd> wait() {
        fixture.turn_until([this] { return end.has_value(); });
        return *end;
    }

    AttemptFixture& fixture;
    int link = -1;
    std::optional<WaitingProcess> waiting;
    std::optional<Result<WaitingEnd>> end;
};

bool exists(AttemptFixture& fixture, const std::string& name) {
    return VALUE_OF(fixture.attempts().status(name)).has_value();
}

std::string file_of(AttemptFixture& fixture, const std::string& attempt, std::string_view name) {
    const auto directory = VALUE_OF(fixture.attempts().open_directory(attempt));
    return VALUE_OF(os::read_whole(*directory, name, 1 << 20)).value_or("(missing)");
}

}  // namespace

TEST_CASE("a waiting process has everything ready, and who it is stands in its directory") {
    AttemptFixture fixture;
    Line line(fixture, ".next-1", "k1");
    for (const auto name : {run::log_name, run::events_name, run::marks_name})
        CHECK(file_of(fixture, ".next-1", name) == "");
    const auto self = VALUE_OF(fixture.launcher().self());
    CHECK(file_of(fixture, ".next-1", run::holder_name) == "k1\n" + os::to_text(self) + "\n");
    CHECK(VALUE_OF(fixture.groups().open("k1/tasks")));
}

TEST_CASE("an order is claimed by the rename, and its first task waits for go") {
    AttemptFixture fixture;
    Line line(fixture, ".next-1", "k1");
    const auto order = fixture.order({AttemptFixture::shell("echo hello")});
    const std::string document = wire::seal_order(order);
    line.say(run::order_frame(document));
    fixture.turn_until([&] { return exists(fixture, order.attempt); });
    CHECK_FALSE(exists(fixture, ".next-1"));
    CHECK(file_of(fixture, order.attempt, run::order_name) == document);
    for (int i = 0; i < 5; ++i) REQUIRE_DONE(fixture.loop().run_once(1ms));
    CHECK(file_of(fixture, order.attempt, run::events_name) == "");
    line.say(run::go_frame());
    CHECK(VALUE_OF(line.wait()) == WaitingEnd::ran);
    CHECK(file_of(fixture, order.attempt, run::log_name) == "hello\n");
}

TEST_CASE("after go the end of standard input means nothing") {
    AttemptFixture fixture;
    Line line(fixture, ".next-1", "k1");
    const auto order = fixture.order({AttemptFixture::shell("sleep 0.2; echo done")});
    line.say(run::order_frame(wire::seal_order(order)) + run::go_frame());
    line.hang_up();
    CHECK(VALUE_OF(line.wait()) == WaitingEnd::ran);
    CHECK(file_of(fixture, order.attempt, run::log_name) == "done\n");
}

TEST_CASE("the end of standard input before go ends the process, and no task begins") {
    AttemptFixture fixture;
    Line line(fixture, ".next-1", "k1");
    const auto order = fixture.order({AttemptFixture::shell("echo never")});
    SECTION("before an order: nothing is left") {
        line.hang_up();
        CHECK(VALUE_OF(line.wait()) == WaitingEnd::abandoned);
        CHECK_FALSE(exists(fixture, ".next-1"));
    }
    SECTION("in the middle of an order: nothing is left") {
        line.say(run::order_frame(wire::seal_order(order)).substr(0, 100));
        line.hang_up();
        CHECK(VALUE_OF(line.wait()) == WaitingEnd::abandoned);
        CHECK_FALSE(exists(fixture, ".next-1"));
    }
    SECTION("after an order: the claimed directory stays, without an event") {
        line.say(run::order_frame(wire::seal_order(order)));
        line.hang_up();
        CHECK(VALUE_OF(line.wait()) == WaitingEnd::abandoned);
        CHECK(file_of(fixture, order.attempt, run::events_name) == "");
        CHECK(file_of(fixture, order.attempt, run::outcome_name) == "(missing)");
    }
}

TEST_CASE("of two processes with one order only one runs it") {
    AttemptFixture fixture;
    Line first(fixture, ".next-1", "k1");
    Line second(fixture, ".next-2", "k2");
    auto order = fixture.order({AttemptFixture::shell("echo ran >> witness")});
    order.working_directory = fixture.path();
    const std::string all = run::order_frame(wire::seal_order(order)) + run::go_frame();
    first.say(all);
    second.say(all);
    const auto one = VALUE_OF(first.wait()), other = VALUE_OF(second.wait());
    CHECK(one != other);
    CHECK((one == WaitingEnd::lost || other == WaitingEnd::lost));
    CHECK((one == WaitingEnd::ran || other == WaitingEnd::ran));
    const auto root = VALUE_OF(fixture.world().files.open_directory(fixture.path()));
    CHECK(VALUE_OF(os::read_whole(*root, "witness", 100)) == "ran\n");
    CHECK_FALSE(exists(fixture, ".next-1"));
    CHECK_FALSE(exists(fixture, ".next-2"));
}

TEST_CASE("what is no order is refused and leaves nothing") {
    AttemptFixture fixture;
    Line line(fixture, ".next-1", "k1");
    auto climbing = fixture.order({AttemptFixture::shell("true")});
    climbing.attempt = "../evil";
    const std::string stream = GENERATE_COPY(as<std::string>(), std::string("garbage"), run::order_frame("{}"),
                                             run::order_frame(wire::seal_order(climbing)) + run::go_frame());
    line.say(stream);
    const auto how = line.wait();
    CHECK_FALSE(how);
    CHECK_FALSE(exists(fixture, ".next-1"));
}

TEST_CASE("a name that is taken is not shared") {
    AttemptFixture fixture;
    Line line(fixture, ".next-1", "k1");
    REQUIRE_CODE(make_attempt_files(fixture.attempts(), ".next-1", {"k2", {}}), Code::conflict);
}
