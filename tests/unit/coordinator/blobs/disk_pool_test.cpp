#include "coordinator/blobs/disk_pool.h"

#include <algorithm>
#include <atomic>
#include <future>

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::blobs;

TEST_CASE("work of one key runs in order and never at the same time") {
    std::vector<int> order;  // without a lock: the pool is the lock
    {
        DiskPool pool(4, 1'000);
        for (int number = 0; number < 500; ++number)
            REQUIRE(pool.submit("attempt", [&order, number] { order.push_back(number); }));
    }
    REQUIRE(order.size() == 500);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("work of different keys runs side by side") {
    DiskPool pool(2, 10);
    std::promise<void> first_runs;
    std::promise<void> second_runs;
    std::promise<bool> met;
    REQUIRE(pool.submit("a", [&] {
        first_runs.set_value();
        met.set_value(second_runs.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    }));
    REQUIRE(pool.submit("b", [&] {
        first_runs.get_future().wait();
        second_runs.set_value();
    }));
    CHECK(met.get_future().get());
}

TEST_CASE("a key that always has work does not keep the others waiting") {
    DiskPool pool(1, 100);
    std::promise<void> go;
    std::vector<char> order;
    REQUIRE(pool.submit("a", [&] { go.get_future().wait(); }));
    for (int i = 0; i < 3; ++i) REQUIRE(pool.submit("a", [&] { order.push_back('a'); }));
    REQUIRE(pool.submit("b", [&] { order.push_back('b'); }));
    std::promise<void> done;
    for (int i = 0; i < 3; ++i) REQUIRE(pool.submit("a", [&] { order.push_back('a'); }));
    REQUIRE(pool.submit("a", [&] { done.set_value(); }));
    go.set_value();
    done.get_future().wait();
    REQUIRE(order.size() == 7);
    CHECK(order.front() == 'b');
}

TEST_CASE("a full queue refuses more, and takes more once it has been worked off") {
    DiskPool pool(1, 3);
    std::promise<void> go;
    std::promise<void> done;
    REQUIRE(pool.submit("a", [&] { go.get_future().wait(); }));
    REQUIRE(pool.submit("a", [] {}));
    REQUIRE(pool.submit("b", [&] { done.set_value(); }));
    const auto refused = pool.submit("c", [] {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    go.set_value();
    done.get_future().wait();
    // The place in the queue is free shortly after the work has run.
    std::promise<void> never;
    auto pause = never.get_future();
    bool taken = false;
    for (int tries = 0; tries < 10'000 && !taken; ++tries) {
        taken = pool.submit("c", [] {}).has_value();
        if (!taken) pause.wait_for(std::chrono::milliseconds(1));
    }
    CHECK(taken);
}

TEST_CASE("the end of a pool waits for all that was submitted") {
    std::atomic<int> ran = 0;
    DiskPool pool(2, 100);
    for (int i = 0; i < 100; ++i) REQUIRE(pool.submit(std::to_string(i % 7), [&] { ++ran; }));
    pool.finish();
    CHECK(ran == 100);
    CHECK(pool.submit("later", [] {}).error().code == Code::unavailable);
}
