#include <catch2/catch.hpp>

#include "tests/unit/agent/link/link_fixture.h"

namespace slipway::link {
namespace {

using tests::Host;

wire::OrderArtifact some_artifact() { return {"alias", "name", "1", crypto::sha256("bytes"), 5}; }

}  // namespace

// What a restart finds: each order without an end has one next step (protocol.md 6).

TEST_CASE("restart: a process that lives is attached to again") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.kill();
    REQUIRE(host.processes.of(order.attempt).alive);
    host.start();
    CHECK(host.polled().start_epoch == 2);
    CHECK(host.listed(order.attempt) == HeldState::running);
    host.end(order, Ending::failed);
    CHECK(host.outcome_of(order.attempt).reason == Reason::exit_code);
}

TEST_CASE("restart: an outcome that is there is told") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.kill();
    host.end(order, Ending::succeeded);
    SECTION("in the same boot") {}
    SECTION("in another boot") { host.restart_machine(); }
    host.start();
    CHECK(host.listed(order.attempt) == HeldState::ended);
    CHECK(host.outcome_of(order.attempt).result == Ending::succeeded);
}

TEST_CASE("restart: an order without a directory is given again, same attempt, same fence") {
    Host host;
    host.start();
    const auto order = host.order(7);
    {
        // Journalled, and killed before any process had it.
        const auto decoded = wire::open_order(order.document).value();
        host.journal->add({order.attempt, decoded.job, 7, "boot-1", order.document});
        REQUIRE(host.journal->sync());
    }
    host.kill();
    host.start();
    CHECK(host.processes.of(order.attempt).went);
    CHECK(host.listed(order.attempt) == HeldState::running);
    CHECK(host.polled().attempts.at(0).fence == 7);
}

TEST_CASE(
    "restart: a directory without a task that started is moved away, its groups are killed, the order given again") {
    Host host;
    host.start();
    const auto order = host.order(7);
    host.answer(Host::with({order}));
    auto& before = host.processes.of(order.attempt);
    const std::string group = before.group;
    host.kill();
    host.processes.end(before);
    host.start();
    CHECK(host.processes.killed.contains(group));
    auto& after = host.processes.of(order.attempt);
    CHECK(after.alive);
    CHECK(after.went);
    CHECK(after.group != group);
    host.answer(Host::with({}));  // the first poll left while the groups were being killed
    CHECK(host.listed(order.attempt) == HeldState::running);
}

TEST_CASE("restart: a process that lives but was never told to go ends, and the order is given again") {
    Host host;
    host.start();
    const auto order = host.order(7, {some_artifact()});
    host.answer(Host::with({order}));
    auto& before = host.processes.of(order.attempt);
    host.kill();
    REQUIRE_FALSE(before.alive);  // its standard input ended
    before.alive = true;          // but it takes its time
    host.start();
    host.processes.end(before);
    host.need("/blobs/")->answer(200, "bytes");
    host.loop.run_ready();
    auto& after = host.processes.of(order.attempt);
    CHECK(&after != &before);
    CHECK(after.went);
}

TEST_CASE("restart: a task had started and the process is dead: both groups are killed and the attempt is lost") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    auto& process = host.processes.of(order.attempt);
    host.kill();
    host.processes.end(process);
    host.start();
    const auto outcome = host.outcome_of(order.attempt);
    CHECK(outcome.result == Ending::lost);
    CHECK(outcome.reason == Reason::attempt_process_died);
    CHECK(host.processes.killed.contains(process.group));
    CHECK_FALSE(std::ranges::any_of(host.processes.all, [&](const auto& other) {
        return other->attempt == order.attempt && other.get() != &process;
    }));
}

TEST_CASE("restart: an order that was given up never begins, and its end is told") {
    Host host;
    host.start();
    const auto order = host.order(7);
    host.journal->add({order.attempt, wire::open_order(order.document).value().job, 7, "boot-1", order.document});
    host.journal->give_up(order.attempt);
    REQUIRE(host.journal->sync());
    host.kill();
    host.start();
    CHECK(host.listed(order.attempt) == HeldState::ended);
    CHECK(host.outcome_of(order.attempt).reason == Reason::disk_full);
    for (const auto& process : host.processes.all) CHECK(process->attempt.empty());
}

TEST_CASE("restart of the machine: what the power cut took of a log is not promised any more") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    const auto directory = host.processes.attempts()->open_directory(order.attempt).value();
    REQUIRE(os::replace_whole(*directory, run::log_name, "four"));
    wire::Outcome outcome;
    outcome.result = Ending::succeeded;
    outcome.log_length = 10;
    outcome.log_sha256 = crypto::sha256("ten bytes.");
    REQUIRE(run::create_outcome(*directory, outcome));
    host.restart_machine();
    host.start();
    const auto told = host.outcome_of(order.attempt);
    CHECK(told.result == Ending::succeeded);
    CHECK(told.log_length == 4);
    CHECK_FALSE(told.log_sha256.has_value());
    CHECK(told.flags.contains(Flag::log_gap));
}

TEST_CASE("restart of the machine: never started again, lost, host_restarted") {
    Host host;
    host.start();
    const auto order = host.order(7);
    SECTION("with its directory") { host.answer(Host::with({order})); }
    SECTION("whose directory the power cut took") {
        const auto decoded = wire::open_order(order.document).value();
        host.journal->add({order.attempt, decoded.job, 7, "boot-1", order.document});
        REQUIRE(host.journal->sync());
    }
    const auto started = host.processes.all.size();
    host.restart_machine();
    host.start();
    CHECK(host.listed(order.attempt) == HeldState::ended);
    const auto outcome = host.outcome_of(order.attempt);
    CHECK(outcome.result == Ending::lost);
    CHECK(outcome.reason == Reason::host_restarted);
    CHECK_FALSE(outcome.log_sha256.has_value());
    for (std::size_t i = started; i < host.processes.all.size(); ++i) CHECK(host.processes.all[i]->attempt.empty());
    const auto directory = host.processes.attempts()->open_directory(order.attempt).value();
    CHECK(os::read_whole(*directory, run::order_name, limits::order_bytes_max).value() == order.document);
    CHECK(directory->status(run::outcome_name).value().has_value());
}

TEST_CASE("restart of the machine: an attempt that had ended keeps its order, which a restored coordinator asks for") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.processes.write_outcome(order.attempt, Ending::succeeded);
    const auto directory = host.processes.attempts()->open_directory(order.attempt).value();
    REQUIRE(os::replace_whole(*directory, run::order_name, ""));
    host.restart_machine();
    host.start();
    CHECK(host.outcome_of(order.attempt).result == Ending::succeeded);
    CHECK(os::read_whole(*directory, run::order_name, limits::order_bytes_max).value() == order.document);
    auto answer = Host::with({});
    answer.forget = {order.attempt};
    host.answer(answer);
    CHECK(host.polled().attempts.empty());
    answer.forget = {};
    answer.restore_epoch = 1;
    host.answer(answer);
    CHECK(host.listed(order.attempt) == HeldState::ended);
}

TEST_CASE("restart: an order is known by its fence also when its attempt is over") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.end(order, Ending::succeeded);
    host.outcome_of(order.attempt);
    auto answer = Host::with({});
    answer.forget = {order.attempt};
    host.answer(answer);
    CHECK(host.polled().attempts.empty());
    host.kill();
    host.start();
    CHECK(host.polled().attempts.empty());
    CHECK(host.polled().highest_fence == 7);
    host.answer(Host::with({order}));
    CHECK(host.polled().refused == std::vector<wire::AttemptFence>{{order.attempt, 7}});
}

TEST_CASE("restart: a directory that a link left before its journal record does not go once its order runs") {
    Host host;
    host.start();
    const auto order = host.order(7);
    REQUIRE(host.processes.attempts()->make_directory(order.attempt, 0700));
    host.kill();
    host.start();
    REQUIRE(host.processes.attempts()->remove_tree(order.attempt));
    host.answer(Host::with({order}));
    host.clock.set_wall(host.clock.wall() + 8 * 24h);
    host.answer(Host::with({}));
    host.need("/poll");
    CHECK(host.processes.attempts()->status(order.attempt).value().has_value());
}

}  // namespace slipway::link
