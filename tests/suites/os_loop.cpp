// What every implementation of platform/os/loop.h promises about timers and posted work.

#include <thread>

#include "platform/os/loop.h"
#include "platform/os/memory/manual_loop.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

#define LOOP_TEST(name) TEMPLATE_TEST_CASE_METHOD(Fixture, name, "[loop]", SystemLoopFixture, ManualLoopFixture)

namespace {

template <typename Base>
class Fixture : public Base {};

}  // namespace

LOOP_TEST("a timer calls once, not before its moment") {
    int calls = 0;
    const Steady begin = this->clock().steady();
    const Handle timer = this->loop().after(20ms, [&] {
        ++calls;
        CHECK(this->clock().steady() - begin >= 20ms);
    });
    CHECK(calls == 0);
    this->run_until([&] { return calls > 0; });
    bool later = false;
    const Handle other = this->loop().after(30ms, [&] { later = true; });
    this->run_until([&] { return later; });
    CHECK(calls == 1);
}

LOOP_TEST("timers come in the order of their moments, then of their creation") {
    std::string order;
    const Steady now = this->clock().steady();
    const Handle c = this->loop().at(now + 10ms, [&] { order += "c"; });
    const Handle d = this->loop().at(now + 10ms, [&] { order += "d"; });
    const Handle b = this->loop().at(now + 5ms, [&] { order += "b"; });
    const Handle a = this->loop().at({0}, [&] { order += "a"; });
    this->run_until([&] { return order.size() == 4; });
    CHECK(order == "abcd");
}

LOOP_TEST("a timer that is destroyed does not call, inside of another's call and its own too") {
    bool called = false;
    bool second = false;
    Handle dead = this->loop().after(1ms, [&] { called = true; });
    dead.reset();
    Handle victim = this->loop().after(3ms, [&] { called = true; });
    Handle own;
    own = this->loop().after(2ms, [&] {
        victim.reset();
        own.reset();
        second = true;
    });
    this->run_until([&] { return second; });
    bool last = false;
    const Handle end = this->loop().after(5ms, [&] { last = true; });
    this->run_until([&] { return last; });
    CHECK_FALSE(called);
}

LOOP_TEST("a timer can be set anew in its own call") {
    int calls = 0;
    Handle timer;
    std::function<void()> again = [&] {
        if (++calls < 5) timer = this->loop().after(1ms, again);
    };
    timer = this->loop().after(1ms, again);
    this->run_until([&] { return calls == 5; });
    CHECK(calls == 5);
}

LOOP_TEST("posted work runs in order, and what it posts runs in a later turn") {
    std::string order;
    this->loop().post([&] {
        order += "1";
        this->loop().post([&] { order += "3"; });
        CHECK(order == "1");
    });
    this->loop().post([&] { order += "2"; });
    CHECK(order.empty());
    this->run_until([&] { return order.size() == 3; });
    CHECK(order == "123");
}

LOOP_TEST("work posted by a timer sees all timers of the turn") {
    std::string order;
    const Handle a = this->loop().at({0}, [&] {
        order += "a";
        this->loop().post([&] { order += "p"; });
    });
    const Handle b = this->loop().at({0}, [&] { order += "b"; });
    this->run_until([&] { return order.size() == 3; });
    CHECK(order == "abp");
}

LOOP_TEST("work may be posted from any thread") {
    int sum = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 250; ++n) this->loop().post([&] { ++sum; });
        });
    for (auto& thread : threads) thread.join();
    this->run_until([&] { return sum == 1000; });
    CHECK(sum == 1000);
}

TEST_CASE("a subscription may outlive its loop") {
    ManualClock manual;
    SystemClock system;
    auto first = std::make_unique<ManualLoop>(manual);
    auto second = make_event_loop(system).value();
    Handle a = first->after(1s, [] {});
    Handle b = second->after(1s, [] {});
    first.reset();
    second.reset();
    a.reset();
    b.reset();
    SUCCEED();
}

TEST_CASE("virtual time passes from event to event") {
    ManualClock clock;
    ManualLoop loop(clock);
    CHECK_FALSE(loop.next().has_value());
    const Steady begin = clock.steady();
    std::vector<std::int64_t> moments;
    const Handle a = loop.after(10min, [&] { moments.push_back((clock.steady() - begin).count()); });
    const Handle b = loop.after(1h, [&] { moments.push_back((clock.steady() - begin).count()); });
    CHECK(loop.next() == begin + Duration(10min));
    loop.run_for(30min);
    CHECK(moments == std::vector<std::int64_t>{600'000'000});
    CHECK(clock.steady() - begin == 30min);
    loop.run_for(30min);
    CHECK(moments.size() == 2);
}

TEST_CASE("a sleeping loop is woken by work from another thread, and stopped by one") {
    SystemLoopFixture fixture;
    bool ran = false;
    std::thread other([&] {
        fixture.loop().post([&] { ran = true; });
        fixture.loop().stop();
    });
    REQUIRE_DONE(fixture.loop().run());
    other.join();
    fixture.run_until([&] { return ran; });
}
