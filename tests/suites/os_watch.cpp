// What every implementation of platform/os/watch.h promises.

#include "platform/os/watch.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

#define WATCH_TEST(name) TEMPLATE_TEST_CASE_METHOD(Fixture, name, "[watch]", SystemWatchFixture, MemoryWatchFixture)

namespace {

template <typename Base>
class Fixture : public Base {
public:
    /// Lets everything that is on its way arrive.
    void settle() {
        bool done = false;
        const Handle timer = this->loop().after(5ms, [&] { done = true; });
        this->run_until([&] { return done; });
    }
    std::unique_ptr<File> make(std::string_view name) {
        return VALUE_OF(this->root().open(name, {.access = Access::write, .create = Create::if_missing}));
    }
};

}  // namespace

WATCH_TEST("making, writing, renaming and removing a file are told") {
    int calls = 0;
    const Handle watch = VALUE_OF(this->watches().watch(this->root(), "log", [&] { ++calls; }));
    const auto happens = [&](auto action) {
        this->settle();
        calls = 0;
        action();
        this->run_until([&] { return calls == 1; });
    };
    std::unique_ptr<File> file;
    happens([&] { file = this->make("log"); });
    happens([&] { REQUIRE_DONE(file->append("x")); });
    happens([&] { REQUIRE_DONE(file->truncate(0)); });
    happens([&] { REQUIRE_DONE(this->root().rename("log", this->root(), "old", Replace::no)); });
    happens([&] { REQUIRE_DONE(this->root().rename("old", this->root(), "log", Replace::no)); });
    happens([&] { REQUIRE_DONE(this->root().remove("log")); });
    this->settle();
    CHECK(calls == 1);
}

WATCH_TEST("much that happens at once is told once") {
    int calls = 0;
    const auto file = this->make("log");
    const Handle watch = VALUE_OF(this->watches().watch(this->root(), "log", [&] { ++calls; }));
    for (int i = 0; i < 1000; ++i) REQUIRE_DONE(file->append("line\n"));
    this->settle();
    CHECK(calls >= 1);
    CHECK(calls <= 3);
}

WATCH_TEST("a watch of one name hears nothing of others, one of all names hears everything") {
    int one = 0;
    int all = 0;
    const Handle first = VALUE_OF(this->watches().watch(this->root(), "log", [&] { ++one; }));
    const Handle second = VALUE_OF(this->watches().watch(this->root(), "", [&] { ++all; }));
    this->make("other");
    this->run_until([&] { return all > 0; });
    this->settle();
    CHECK(one == 0);
    this->make("log");
    this->run_until([&] { return one > 0 && all > 1; });
}

WATCH_TEST("a destroyed watch is silent, in its own call too, and leaves others alone") {
    int calls = 0;
    int others = 0;
    Handle watch;
    watch = VALUE_OF(this->watches().watch(this->root(), "log", [&] {
        ++calls;
        watch.reset();
    }));
    const Handle other = VALUE_OF(this->watches().watch(this->root(), "log", [&] { ++others; }));
    const auto file = this->make("log");
    this->run_until([&] { return calls == 1 && others >= 1; });
    this->settle();
    others = 0;
    REQUIRE_DONE(file->append("x"));
    this->run_until([&] { return others == 1; });
    CHECK(calls == 1);
}

WATCH_TEST("a watch follows its directory when that is renamed") {
    int calls = 0;
    const auto folder = VALUE_OF(this->root().make_directory(".next-1", 0700));
    const Handle watch = VALUE_OF(this->watches().watch(*folder, "log", [&] { ++calls; }));
    REQUIRE_DONE(this->root().rename(".next-1", this->root(), "id", Replace::no));
    this->settle();
    CHECK(calls == 0);
    VALUE_OF(VALUE_OF(this->root().open_directory("id"))
                 ->open("log", {.access = Access::write, .create = Create::exclusive}));
    this->run_until([&] { return calls == 1; });
}
