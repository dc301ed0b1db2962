#include "platform/run/attempt_view.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "platform/os/file_steps.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/marks.h"
#include "platform/run/names.h"
#include "tests/suites/os_fixtures.h"
#include "tests/unit/platform/wire/samples.h"

using namespace slipway;

namespace {

constexpr run::AttemptView::EventsMax plenty{1000, 1'000'000};

class Fixture : public os::SystemFilesFixture {
public:
    Fixture() { REQUIRE_DONE(run::remake_attempt(root(), samples::attempt, wire::seal_order(samples::order()))); }

    std::unique_ptr<run::AttemptView> view() {
        return VALUE_OF(run::AttemptView::open(root(), samples::attempt, user()));
    }
    std::unique_ptr<os::Directory> directory() { return VALUE_OF(root().open_directory(samples::attempt)); }

    /// As the attempt process appends: through a descriptor of its own.
    void append(std::string_view name, std::string_view bytes) {
        auto file = VALUE_OF(directory()->open(name, {.access = os::Access::write}));
        REQUIRE_DONE(file->append(bytes));
    }
    void append_events(std::int64_t first, std::int64_t last) {
        std::string text;
        for (std::int64_t seq = first; seq <= last; ++seq)
            text += wire::encode(wire::Event{seq, samples::noon, seq, wire::Progress{0, 50, {}}}) + "\n";
        append(run::events_name, text);
    }
};

std::vector<std::int64_t> numbers(const std::vector<wire::Event>& events) {
    std::vector<std::int64_t> seqs;
    for (const auto& event : events) seqs.push_back(event.seq);
    return seqs;
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE_METHOD(Fixture, "the log is read from any offset while it grows") {
    const auto attempt = view();
    CHECK(VALUE_OF(attempt->log_length()) == 0);
    append(run::log_name, "hello ");
    append(run::log_name, "world");
    CHECK(VALUE_OF(attempt->log_length()) == 11);
    CHECK(VALUE_OF(attempt->read_log(6, 100)) == "world");
    CHECK(VALUE_OF(attempt->read_log(0, 5)) == "hello");
    CHECK(VALUE_OF(attempt->read_log(11, 5)).empty());
    CHECK_FALSE(attempt->log_tampered());
}

TEST_CASE_METHOD(Fixture, "a log that shrank is marked as tampered") {
    const auto attempt = view();
    append(run::log_name, "hello world");
    CHECK(VALUE_OF(attempt->log_length()) == 11);
    REQUIRE_DONE(VALUE_OF(directory()->open(run::log_name, {.access = os::Access::write}))->truncate(3));
    CHECK(VALUE_OF(attempt->log_length()) == 3);
    CHECK(attempt->log_tampered());
    append(run::log_name, "more than before");
    CHECK(VALUE_OF(attempt->log_length()) == 19);
    CHECK(attempt->log_tampered());
}

TEST_CASE_METHOD(Fixture, "a task that replaces files by links changes nothing that was opened before") {
    append(run::log_name, "the log");
    append_events(1, 2);
    REQUIRE_DONE(os::replace_whole(root(), "secret", "not for the coordinator"));
    const auto attempt = view();
    const auto place = directory();
    for (const auto name : {run::log_name, run::events_name, run::outcome_name, run::order_name}) {
        REQUIRE_DONE(place->remove_tree(name));
        REQUIRE_DONE(place->make_link(name, "../secret"));
    }
    CHECK(VALUE_OF(attempt->read_log(0, 100)) == "the log");
    CHECK(numbers(VALUE_OF(attempt->events_after(0, plenty))) == Numbers{1, 2});
    CHECK_FALSE(VALUE_OF(attempt->order()));
    CHECK(attempt->outcome().error().reason == "outcome_tampered");
}

TEST_CASE_METHOD(Fixture, "a link, a second name or something else in place of the log is not read but marked") {
    REQUIRE_DONE(os::replace_whole(root(), "secret", "not for the coordinator"));
    const auto place = directory();
    REQUIRE_DONE(place->remove_tree(run::log_name));
    SECTION("symbolic link") { REQUIRE_DONE(place->make_link(run::log_name, "../secret")); }
    SECTION("hard link") { REQUIRE_DONE(root().make_hard_link("secret", *place, run::log_name)); }
    SECTION("directory") { static_cast<void>(VALUE_OF(place->make_directory(run::log_name, 0700))); }
    SECTION("nothing") {}
    const auto attempt = view();
    CHECK(attempt->log_tampered());
    CHECK(VALUE_OF(attempt->log_length()) == 0);
    CHECK(VALUE_OF(attempt->read_log(0, 100)).empty());
    CHECK(VALUE_OF(attempt->begun()));
}

TEST_CASE_METHOD(Fixture, "files of another user are not read") {
    append(run::log_name, "the log");
    const auto attempt = VALUE_OF(run::AttemptView::open(root(), samples::attempt, user() + 1));
    CHECK(attempt->log_tampered());
    CHECK(VALUE_OF(attempt->read_log(0, 100)).empty());
    CHECK_FALSE(VALUE_OF(attempt->order()));
}

TEST_CASE_METHOD(Fixture, "events come in order, in parts, and again from any number") {
    const auto attempt = view();
    append_events(1, 3);
    CHECK(numbers(VALUE_OF(attempt->events_after(0, plenty))) == Numbers{1, 2, 3});
    CHECK(VALUE_OF(attempt->events_after(3, plenty)).empty());
    append_events(4, 7);
    CHECK(numbers(VALUE_OF(attempt->events_after(3, {2, 1'000'000}))) == Numbers{4, 5});
    CHECK(numbers(VALUE_OF(attempt->events_after(5, {9, 1}))) == Numbers{6});
    CHECK(numbers(VALUE_OF(attempt->events_after(6, plenty))) == Numbers{7});
    CHECK(numbers(VALUE_OF(attempt->events_after(2, plenty))) == Numbers{3, 4, 5, 6, 7});
    CHECK(numbers(VALUE_OF(attempt->events_after(5, {9, 1}))) == Numbers{6});
    CHECK(numbers(VALUE_OF(attempt->events_after(5, {9, 1}))) == Numbers{6});
    CHECK(numbers(VALUE_OF(attempt->events_after(0, {1, 1}))) == Numbers{1});
}

TEST_CASE_METHOD(Fixture, "a line that is not complete is left until it is") {
    const auto attempt = view();
    const std::string line = wire::encode(wire::Event{1, samples::noon, 0, wire::LogGap{5}}) + "\n";
    append(run::events_name, line.substr(0, 20));
    CHECK(VALUE_OF(attempt->events_after(0, plenty)).empty());
    append(run::events_name, line.substr(20));
    CHECK(numbers(VALUE_OF(attempt->events_after(0, plenty))) == Numbers{1});
}

TEST_CASE_METHOD(Fixture, "events end at a line that makes no sense") {
    append_events(1, 2);
    SECTION("no JSON") { append(run::events_name, "garbage\n"); }
    SECTION("a hole") { append_events(4, 4); }
    SECTION("zeros after a power cut") { append(run::events_name, std::string(100, '\0') + "\n"); }
    SECTION("an endless line") { append(run::events_name, std::string(limits::event_bytes_max + 1, 'x')); }
    append_events(3, 3);
    const auto attempt = view();
    CHECK(numbers(VALUE_OF(attempt->events_after(0, plenty))) == Numbers{1, 2});
    CHECK(VALUE_OF(attempt->events_after(2, plenty)).empty());
    CHECK(numbers(VALUE_OF(attempt->events_after(1, plenty))) == Numbers{2});
}

TEST_CASE_METHOD(Fixture, "an attempt has begun when its first task may have begun") {
    CHECK_FALSE(VALUE_OF(view()->begun()));
    SECTION("an event of something else says nothing") {
        append_events(1, 1);
        CHECK_FALSE(VALUE_OF(view()->begun()));
    }
    SECTION("half a line was written before the task would have been started") {
        append(run::events_name, wire::encode(samples::events()[0]));
        CHECK_FALSE(VALUE_OF(view()->begun()));
    }
    SECTION("task_started") {
        append(run::events_name, wire::encode(samples::events()[0]) + "\n");
        CHECK(VALUE_OF(view()->begun()));
    }
    SECTION("bytes of log") {
        append(run::log_name, "x");
        CHECK(VALUE_OF(view()->begun()));
    }
    SECTION("a line that makes no sense") {
        append(run::events_name, "{}\n");
        CHECK(VALUE_OF(view()->begun()));
    }
    SECTION("no events at all") {
        REQUIRE_DONE(directory()->remove_tree(run::events_name));
        CHECK(VALUE_OF(view()->begun()));
    }
}

TEST_CASE_METHOD(Fixture, "marks are given for the bytes that are sent") {
    std::string lines;
    for (std::int64_t i = 0; i < 10; ++i) lines += run::encode(wire::Mark{i * 10, i * 100});
    append(run::marks_name, lines + "100 9");  // the last one is not complete
    const auto attempt = view();
    using Marks = std::vector<wire::Mark>;
    CHECK(VALUE_OF(attempt->marks({0, 20})) == Marks{{0, 0}, {10, 100}});
    CHECK(VALUE_OF(attempt->marks({20, 25})) == Marks{{20, 200}});
    CHECK(VALUE_OF(attempt->marks({25, 30})).empty());
    CHECK(VALUE_OF(attempt->marks({30, 31})) == Marks{{30, 300}});
    CHECK(VALUE_OF(attempt->marks({10, 11})) == Marks{{10, 100}});
    CHECK(VALUE_OF(attempt->marks({85, 1000})) == Marks{{90, 900}});
    append(run::marks_name, "99\n");
    CHECK(VALUE_OF(attempt->marks({95, 1000})) == Marks{{100, 999}});
    append(run::marks_name, "50 1000\n120 1100\n");  // goes back: what follows is passed over
    CHECK(VALUE_OF(attempt->marks({100, 1000})) == Marks{{100, 999}});
}

TEST_CASE_METHOD(Fixture, "more marks than a report may hold are left out") {
    std::string lines;
    for (std::size_t i = 0; i < limits::report_marks_max + 5; ++i)
        lines += run::encode(wire::Mark{static_cast<std::int64_t>(i), 0});
    append(run::marks_name, lines);
    CHECK(VALUE_OF(view()->marks({0, 1'000'000})).size() == limits::report_marks_max);
}

TEST_CASE_METHOD(Fixture, "the outcome is read as it was created, and never replaced") {
    const auto place = directory();
    const auto attempt = view();
    CHECK_FALSE(VALUE_OF(attempt->outcome()));
    REQUIRE_DONE(run::create_outcome(*place, samples::outcome()));
    CHECK(VALUE_OF(attempt->outcome()) == samples::outcome());
    REQUIRE_CODE(run::create_outcome(*place, samples::outcome_lost()), Code::conflict);
    CHECK(VALUE_OF(attempt->outcome()) == samples::outcome());
}

TEST_CASE_METHOD(Fixture, "an outcome that a task wrote is moved aside and the true one says so") {
    const auto place = directory();
    const auto attempt = view();
    SECTION("garbage") { REQUIRE_DONE(os::replace_whole(*place, run::outcome_name, "{\"result\":\"succeeded\"}")); }
    SECTION("too long") { REQUIRE_DONE(os::replace_whole(*place, run::outcome_name, std::string(70'000, ' '))); }
    SECTION("a link") { REQUIRE_DONE(place->make_link(run::outcome_name, "attempt.json")); }
    CHECK(attempt->outcome().error().code == Code::corrupt);
    CHECK(attempt->outcome().error().reason == "outcome_tampered");
    REQUIRE_CODE(run::create_outcome(*place, samples::outcome_lost()), Code::conflict);
    REQUIRE_DONE(run::put_foreign_outcome_aside(*place));
    REQUIRE_DONE(run::create_outcome(*place, samples::outcome_lost()));
    CHECK(VALUE_OF(attempt->outcome()) == samples::outcome_lost());
    CHECK(VALUE_OF(place->status(run::foreign_outcome_name)));
}

TEST_CASE_METHOD(Fixture, "an outcome beside a tampered log carries the flag") {
    REQUIRE_DONE(directory()->remove_tree(run::log_name));
    const auto attempt = view();
    REQUIRE_DONE(run::create_outcome(*directory(), samples::outcome_lost()));
    CHECK(VALUE_OF(attempt->outcome())->flags == std::set<Flag>{Flag::log_tampered});
}
