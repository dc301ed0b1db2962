#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "coordinator/http/address.h"
#include "coordinator/http/event_text.h"
#include "coordinator/http/metrics.h"
#include "coordinator/http/principal.h"
#include "coordinator/http/problem.h"
#include "coordinator/http/timing_wheel.h"

using namespace slipway;
using namespace slipway::http;

namespace {

void fill(Metrics& metrics) {
    metrics.counter("slipway_things", "Things.", {{"kind", "a\"b\\c\nd"}}).add(3);
    metrics.gauge("slipway_level", "Level.").set(-2);
    metrics.gauge_from("slipway_asked", "Asked.", [] { return std::int64_t{7}; });
    Histogram& histogram = metrics.histogram("slipway_wait_seconds", "Waits.", {{"port", "user"}});
    histogram.observe_us(50);
    histogram.observe_us(1'000);
    histogram.observe_us(90'000'000);
}

struct Deadline final : TimingWheel::Entry {
    explicit Deadline(std::vector<int>& t, int n) : told(t), number(n) {}
    void on_deadline() override { told.push_back(number); }
    std::vector<int>& told;
    int number;
};

}  // namespace

TEST_CASE("figures are rendered with their labels escaped and buckets adding up") {
    Metrics metrics;
    fill(metrics);
    const std::string text = metrics.render(MetricsFormat::prometheus);
    CHECK(text.find("# TYPE slipway_things_total counter\n") != std::string::npos);
    CHECK(text.find("slipway_things_total{kind=\"a\\\"b\\\\c\\nd\"} 3\n") != std::string::npos);
    CHECK(text.find("slipway_level -2\n") != std::string::npos);
    CHECK(text.find("slipway_asked 7\n") != std::string::npos);
    CHECK(text.find("slipway_wait_seconds_bucket{port=\"user\",le=\"0.0001\"} 1\n") != std::string::npos);
    CHECK(text.find("slipway_wait_seconds_bucket{port=\"user\",le=\"0.001\"} 2\n") != std::string::npos);
    CHECK(text.find("slipway_wait_seconds_bucket{port=\"user\",le=\"+Inf\"} 3\n") != std::string::npos);
    CHECK(text.find("slipway_wait_seconds_count{port=\"user\"} 3\n") != std::string::npos);
    const std::string open = metrics.render(MetricsFormat::open_metrics);
    CHECK(open.find("# TYPE slipway_things counter\n") != std::string::npos);
    CHECK(open.ends_with("# EOF\n"));
}

TEST_CASE("promtool finds nothing to say about the figures") {
    Metrics metrics;
    fill(metrics);
    FILE* promtool = popen("promtool check metrics 2>&1", "w");
    REQUIRE(promtool != nullptr);
    const std::string text = metrics.render(MetricsFormat::prometheus);
    std::fwrite(text.data(), 1, text.size(), promtool);
    CHECK(pclose(promtool) == 0);
}

TEST_CASE("the same name and labels are the same figure") {
    Metrics metrics;
    metrics.counter("slipway_a", "A.", {{"x", "1"}}).add();
    metrics.counter("slipway_a", "A.", {{"x", "1"}}).add();
    CHECK(metrics.counter("slipway_a", "A.", {{"x", "1"}}).value() == 2);
    CHECK(metrics.counter("slipway_a", "A.", {{"x", "2"}}).value() == 0);
    CHECK(Metrics::format_for("application/openmetrics-text;version=1.0.0") == MetricsFormat::open_metrics);
    CHECK(Metrics::format_for("text/plain") == MetricsFormat::prometheus);
}

TEST_CASE("a deadline is told once, not early, at most a tick late") {
    std::vector<int> told;
    TimingWheel wheel(10ms, Steady{0});
    std::map<int, std::unique_ptr<Deadline>> entries;
    for (const int due_ms : {0, 1, 9, 10, 11, 500, 5'119, 5'120, 5'121, 60'000}) {
        entries[due_ms] = std::make_unique<Deadline>(told, due_ms);
        wheel.set(*entries[due_ms], Steady{due_ms * 1000});
    }
    std::size_t seen = 0;
    for (int now_ms = 0; now_ms <= 60'100; now_ms += 3) {
        wheel.advance(Steady{now_ms * 1000});
        for (; seen < told.size(); ++seen) {
            INFO("due " << told[seen] << " told at " << now_ms);
            CHECK(told[seen] <= now_ms);
            CHECK(now_ms - told[seen] <= 10 + 3);
        }
    }
    CHECK(told.size() == entries.size());
    CHECK(wheel.is_empty());
}

TEST_CASE("a deadline may be moved, cleared and outlived by the wheel") {
    std::vector<int> told;
    TimingWheel wheel(10ms, Steady{0});
    Deadline moved(told, 1);
    Deadline cleared(told, 2);
    {
        Deadline gone(told, 3);
        wheel.set(gone, Steady{20'000});
    }
    wheel.set(moved, Steady{20'000});
    wheel.set(moved, Steady{200'000});
    wheel.set(cleared, Steady{20'000});
    wheel.clear(cleared);
    wheel.advance(Steady{100'000});
    CHECK(told.empty());
    wheel.advance(Steady{100'000'000});
    CHECK(told == std::vector<int>{1});
}

TEST_CASE("an event is written line by line and cannot begin another") {
    std::string out;
    append_event(out, {"12", "log", "a\nb\r\nc\rd"});
    CHECK(out == "id: 12\nevent: log\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
    out.clear();
    append_event(out, {"1\n\ndata: evil", "", ""});
    CHECK(out == "id: 1data: evil\ndata: \n\n");
}

TEST_CASE("errors get their status from the one table") {
    CHECK(status_of({Code::invalid, ""}) == 400);
    CHECK(status_of({Code::unauthenticated, ""}) == 401);
    CHECK(status_of({Code::forbidden, ""}) == 403);
    CHECK(status_of({Code::not_found, ""}) == 404);
    CHECK(status_of({Code::conflict, ""}) == 409);
    CHECK(status_of({Code::conflict, "", "precondition_failed"}) == 412);
    CHECK(status_of({Code::limit, ""}) == 413);
    CHECK(status_of({Code::invalid, "", "unknown_task"}) == 422);
    CHECK(status_of({Code::unavailable, ""}) == 503);
    CHECK(status_of({Code::disk_full, ""}) == 507);
    CHECK(status_of({Code::internal, ""}) == 500);
    CHECK(phrase_of(206) == "Partial Content");
}

TEST_CASE("addresses are numeric and have a port") {
    CHECK(parse_address("127.0.0.1:8440").value() == Address{"127.0.0.1", 8440});
    CHECK(parse_address("[::1]:0").value() == Address{"::1", 0});
    CHECK(to_string(Address{"::1", 5}) == "[::1]:5");
    for (const std::string text : {"localhost:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:5",
                                   "[127.0.0.1]:5", "127.1:5", ":5", "127.0.0.1:5x"}) {
        INFO(text);
        CHECK_FALSE(parse_address(text));
    }
}

TEST_CASE("a default principal may do nothing but what is open") {
    const Principal nobody;
    CHECK(Access::open().allows(nobody));
    CHECK(Access::bootstrap().allows(nobody));
    CHECK_FALSE(Access::token(core::Permission::read).allows(nobody));
    CHECK_FALSE(Access::agent().allows(nobody));
    CHECK_FALSE(Access::agent_or_expired().allows(nobody));
    CHECK_FALSE(Access::agent_or_deleted().allows(nobody));
}

TEST_CASE("each kind of principal gets through the doors made for it and no other") {
    const Principal viewer = Principal::token(1, "id", "ci", core::Role::viewer);
    const Principal admin = Principal::token(1, "id", "ci", core::Role::admin);
    const Principal agent = Principal::agent(1, "id", "web1", "aa");
    const Principal expired = Principal::expired_agent(1, "id", "web1", "aa");
    const Principal deleted = Principal::deleted_agent(1, "id", "web1", "aa");
    const Access read = Access::token(core::Permission::read);
    const Access manage = Access::token(core::Permission::manage_tokens);
    struct Row {
        Access access;
        bool viewer, admin, agent, expired, deleted;
    };
    const Row rows[] = {{read, true, true, false, false, false},
                        {manage, false, true, false, false, false},
                        {Access::agent(), false, false, true, false, false},
                        {Access::agent_or_expired(), false, false, true, true, false},
                        {Access::agent_or_deleted(), false, false, true, false, true}};
    for (const Row& row : rows) {
        CHECK(row.access.allows(viewer) == row.viewer);
        CHECK(row.access.allows(admin) == row.admin);
        CHECK(row.access.allows(agent) == row.agent);
        CHECK(row.access.allows(expired) == row.expired);
        CHECK(row.access.allows(deleted) == row.deleted);
    }
    CHECK(viewer.actor() == "token:ci");
    CHECK(deleted.actor() == "agent:web1");
}
