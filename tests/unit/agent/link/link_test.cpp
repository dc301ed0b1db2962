#include "agent/link/link.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/link/link_fixture.h"

namespace slipway::link {
namespace {

using tests::Host;

wire::OrderArtifact some_artifact() { return {"alias", "name", "1", crypto::sha256("bytes"), 5}; }

}  // namespace

TEST_CASE("the first poll tells who asks, and that nothing is held") {
    Host host;
    host.start();
    const auto poll = host.polled();
    CHECK(poll.start_epoch == 1);
    CHECK(poll.boot_id == "boot-1");
    CHECK(poll.slots == 1);
    CHECK(poll.seq == 1);
    CHECK(poll.attempts.empty());
    CHECK(poll.capabilities.has_value());
    CHECK(host.processes.all.size() == 1);  // one waits for the free slot
}

TEST_CASE("an order is durable in the journal before its process is told to go, and the next poll lists it") {
    Host host;
    host.start();
    const auto order = host.order(7);
    bool told = false;
    host.processes.at_go = [&] {
        told = true;
        CHECK_FALSE(host.journal->dirty());
        CHECK(host.journal->orders().at(7).attempt == order.attempt);
        CHECK(host.journal->orders().at(7).document == order.document);
    };
    host.answer(Host::with({order}));
    CHECK(told);
    CHECK(host.listed(order.attempt) == HeldState::running);
    CHECK(host.polled().highest_fence == 7);
}

TEST_CASE("an order with artifacts is received until they are there") {
    Host host;
    host.start();
    const auto order = host.order(7, {some_artifact()});
    host.answer(Host::with({order}));
    CHECK(host.listed(order.attempt) == HeldState::received);
    CHECK_FALSE(host.processes.of(order.attempt).went);
    host.need("/blobs/")->answer(200, "bytes");
    host.loop.run_ready();
    CHECK(host.processes.of(order.attempt).went);
    host.answer(Host::with({}));
    CHECK(host.listed(order.attempt) == HeldState::running);
}

TEST_CASE("an artifact that cannot be had ends the attempt before it begins, with its reason") {
    Host host;
    host.start();
    const auto order = host.order(7, {some_artifact()});
    host.answer(Host::with({order}));
    host.need("/blobs/")->answer(404, "{}");
    const auto outcome = host.outcome_of(order.attempt);
    CHECK(outcome.result == Ending::failed);
    CHECK(outcome.reason == Reason::artifact_missing);
    CHECK_FALSE(host.processes.of(order.attempt).went);
}

TEST_CASE("a cancel before go means that nothing begins and the outcome is canceled") {
    Host host;
    host.start();
    const auto order = host.order(7, {some_artifact()});
    host.answer(Host::with({order}));
    host.answer(Host::cancel(order));
    const auto outcome = host.outcome_of(order.attempt);
    CHECK(outcome.result == Ending::canceled);
    CHECK(outcome.reason == Reason::canceled_by_user);
    CHECK_FALSE(host.processes.of(order.attempt).went);
    CHECK_FALSE(host.processes.of(order.attempt).alive);
}

TEST_CASE("a cancel in the answer that brings the order finds it") {
    Host host;
    host.start();
    const auto order = host.order(7, {some_artifact()});
    auto answer = Host::cancel(order);
    answer.orders = {order};
    host.answer(answer);
    CHECK(host.outcome_of(order.attempt).result == Ending::canceled);
}

TEST_CASE("a cancel of a running attempt is written into its directory") {
    Host host;
    host.start();
    const auto order = host.order(7);
    host.answer(Host::with({order}));
    host.answer(Host::cancel(order));
    CHECK(host.listed(order.attempt) == HeldState::canceling);
    const auto directory = host.processes.attempts()->open_directory(order.attempt).value();
    CHECK(os::read_whole(*directory, run::cancel_name, 100).value() == "10");
}

TEST_CASE("orders that may not run and cancels of what is not held are refused in the next poll") {
    Host host;
    host.start();
    const auto first = host.order(7);
    host.answer(Host::with({first}));
    SECTION("a fence that is not higher") {
        const auto late = host.order(6);
        host.answer(Host::with({late}));
        CHECK(host.polled().refused == std::vector<wire::AttemptFence>{{late.attempt, 6}});
    }
    SECTION("the same attempt again is no refusal") {
        host.answer(Host::with({first}));
        CHECK(host.polled().refused.empty());
        CHECK(host.polled().attempts.size() == 1);
    }
    SECTION("a document that is no order") {
        auto garbage = host.order(8);
        garbage.document = "garbage";
        host.answer(Host::with({garbage}));
        CHECK(host.polled().refused == std::vector<wire::AttemptFence>{{garbage.attempt, 8}});
    }
    SECTION("a document of another attempt") {
        auto other = host.order(8);
        other.attempt = make_uuid7(host.clock.wall(), host.random);
        host.answer(Host::with({other}));
        CHECK(host.polled().refused == std::vector<wire::AttemptFence>{{other.attempt, 8}});
    }
    SECTION("a cancel") {
        const auto unknown = host.order(9);
        host.answer(Host::cancel(unknown));
        CHECK(host.polled().refused == std::vector<wire::AttemptFence>{{unknown.attempt, 9}});
        host.answer(Host::with({}));
        CHECK(host.polled().refused.empty());
    }
}

TEST_CASE("without a free slot an order is passed over, unjournalled and not refused, also beside its cancel") {
    Host host;
    host.start();
    host.answer(Host::with({host.order(7)}));
    const auto second = host.order(8);
    auto answer = Host::cancel(second);
    answer.orders = {second};
    host.answer(answer);
    const auto poll = host.polled();
    CHECK(poll.refused.empty());
    CHECK(poll.attempts.size() == 1);
    CHECK(poll.highest_fence == 7);
    CHECK(host.journal->orders().size() == 1);
}

TEST_CASE("an order that meets a full disk is journalled with the space of the reserve, which is made again") {
    Host host;
    host.start();
    REQUIRE(host.state->status("reserve").value());
    const auto order = host.order(7);
    host.files.on_operation([&](std::string_view operation, const std::string& path) -> std::optional<Error> {
        if (operation == "remove" && path == "/state/reserve") host.files.on_operation(nullptr);
        if (path.find("journal") == std::string::npos || operation == "open") return std::nullopt;
        return Error{Code::disk_full, "no space"};
    });
    host.answer(Host::with({order}));
    CHECK(host.processes.of(order.attempt).went);
    CHECK(host.polled().refused.empty());
    CHECK(host.state->status("reserve").value());
}

TEST_CASE("attempt processes that find no room end the attempt as disk_full") {
    Host host;
    host.processes.none_has_room = true;
    host.start();
    host.files.set_free_bytes(0);
    const auto order = host.order(7);
    host.answer(Host::with({order}));
    CHECK(host.outcome_of(order.attempt).reason == Reason::disk_full);
}

TEST_CASE("an end that has no directory is told only when the journal has it, and its order never comes back") {
    Host host;
    host.processes.none_has_room = true;
    host.start();
    const auto order = host.order(7);
    bool full = false;
    host.files.on_operation([&](std::string_view operation, const std::string& path) -> std::optional<Error> {
        if (path.find("attempts") != std::string::npos && operation != "open") full = true;  // from the first end on
        if (!full || operation == "remove") return std::nullopt;
        return Error{Code::disk_full, "no space"};
    });
    host.answer(Host::with({order}));
    CHECK(host.find("/report") == nullptr);
    host.files.on_operation(nullptr);
    host.kill();
    host.processes.none_has_room = false;
    host.start();
    // Nothing was told of it, so it may still run.
    CHECK(host.listed(order.attempt).has_value());
}

TEST_CASE("orders that the journal could not take are not begun, and are refused") {
    Host host;
    host.start();
    const auto order = host.order(7);
    host.files.on_operation([](std::string_view operation, const std::string& path) -> std::optional<Error> {
        if (path.find("journal") == std::string::npos || operation == "open") return std::nullopt;
        return Error{Code::disk_full, "no space"};
    });
    host.answer(Host::with({order}));
    host.loop.run_for(5min);
    CHECK(host.find("/poll") == nullptr);  // a poll is a statement about the disk
    host.files.on_operation(nullptr);
    const auto poll = host.polled();
    CHECK(poll.refused == std::vector<wire::AttemptFence>{{order.attempt, 7}});
    CHECK(poll.attempts.empty());
    CHECK_FALSE(host.processes.of(order.attempt).went);
}

TEST_CASE("an outcome is told until it is stored, and held until it is forgotten") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.end(order, Ending::succeeded);
    host.need("/report")->fail(Error{Code::unavailable, "the answer was lost"});
    CHECK(host.outcome_of(order.attempt).result == Ending::succeeded);
    host.answer(Host::with({}));
    CHECK(host.listed(order.attempt) == HeldState::ended);
    CHECK(host.journal->orders().size() == 1);
    auto answer = Host::with({});
    answer.forget = {order.attempt};
    host.answer(answer);
    CHECK(host.polled().attempts.empty());
    CHECK(host.journal->orders().empty());
    CHECK(host.processes.removed.contains(host.processes.of(order.attempt).group));
}

TEST_CASE("an outcome that the attempt's own process wrote is not written once more") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.processes.write_outcome(order.attempt, Ending::succeeded);
    bool written = false;
    host.files.on_operation([&](std::string_view operation, const std::string& path) -> std::optional<Error> {
        written |= path.find("outcome") != std::string::npos && (operation == "write" || operation == "sync");
        return std::nullopt;
    });
    host.processes.end(host.processes.of(order.attempt));
    CHECK(host.outcome_of(order.attempt).result == Ending::succeeded);
    host.files.on_operation(nullptr);
    CHECK_FALSE(written);
}

TEST_CASE("what was forgotten is not told again after a restart, also when an order was passed over beside it") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.end(order, Ending::succeeded);
    host.outcome_of(order.attempt);
    auto answer = Host::with({host.order(8), host.order(9)});  // one slot
    answer.forget = {order.attempt};
    host.answer(answer);
    host.kill();
    host.start();
    CHECK_FALSE(host.listed(order.attempt).has_value());
}

TEST_CASE("after a restore of the coordinator all that is kept is told once more, whenever the link is killed") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.end(order, Ending::succeeded);
    host.outcome_of(order.attempt);
    auto answer = Host::with({});
    answer.forget = {order.attempt};
    host.answer(answer);
    REQUIRE(host.polled().attempts.empty());

    answer = Host::with({});
    answer.restore_epoch = 1;
    host.answer(answer);
    CHECK(host.polled().restore_epoch == 1);
    CHECK(host.listed(order.attempt) == HeldState::ended);
    host.kill();
    host.start();
    CHECK(host.listed(order.attempt) == HeldState::ended);
    CHECK(host.processes.all.size() == 3);  // the one that ran it, and one that waits in each life of the link
    CHECK(host.outcome_of(order.attempt).result == Ending::succeeded);
    answer.forget = {order.attempt};
    host.answer(answer);
    host.kill();
    host.start();
    CHECK_FALSE(host.listed(order.attempt).has_value());
}

TEST_CASE("what has not ended is not forgotten") {
    Host host;
    host.start();
    const auto order = host.order(7);
    host.answer(Host::with({order}));
    auto answer = Host::with({});
    answer.forget = {order.attempt};
    host.answer(answer);
    CHECK(host.listed(order.attempt) == HeldState::running);
}

TEST_CASE("an outcome that appears while the attempt process lives is not believed") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.processes.write_outcome(order.attempt, Ending::succeeded);
    host.loop.run_ready();
    CHECK(host.link->status().attempts.at(0).state == HeldState::running);
}

TEST_CASE("an attempt process that dies after a task began ends its attempt as lost, with its groups killed") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    auto& process = host.processes.of(order.attempt);
    host.processes.end(process);
    const auto outcome = host.outcome_of(order.attempt);
    CHECK(outcome.result == Ending::lost);
    CHECK(outcome.reason == Reason::attempt_process_died);
    CHECK(host.processes.killed.contains(process.group));
}

TEST_CASE("an attempt process that is past its time-out is killed, and what it told by then counts") {
    const bool told = GENERATE(false, true);
    Host host;
    host.start();
    const auto order = host.begun(7);
    const auto life = wire::open_order(order.document).value();
    host.loop.run_for(std::chrono::seconds(life.timeout_s + life.cancel_grace_s) + 59s);
    CHECK(host.processes.of(order.attempt).alive);
    if (told) host.processes.write_outcome(order.attempt, Ending::succeeded);
    host.loop.run_for(1s);
    CHECK_FALSE(host.processes.of(order.attempt).alive);
    CHECK(host.outcome_of(order.attempt).result == (told ? Ending::succeeded : Ending::lost));
}

TEST_CASE("attempt processes that cannot be started end the attempt as start_failed") {
    Host host;
    host.processes.none_starts = true;
    host.start();
    const auto order = host.order(7);
    host.answer(Host::with({order}));
    const auto outcome = host.outcome_of(order.attempt);
    CHECK(outcome.result == Ending::failed);
    CHECK(outcome.reason == Reason::start_failed);
}

TEST_CASE("a lost contact stops nothing, and polls go on") {
    Host host;
    host.start();
    const auto order = host.order(7);
    host.answer(Host::with({order}));
    for (int i = 0; i < 30; ++i) {
        host.need("/poll")->fail(Error{Code::unavailable, "no route"});
        host.loop.run_for(1min);
    }
    CHECK(host.processes.of(order.attempt).alive);
    CHECK(host.listed(order.attempt) == HeldState::running);
    CHECK_FALSE(host.link->status().online);
    host.answer(Host::with({}));
    CHECK(host.link->status().online);
}

TEST_CASE("a certificate that expired while the host was away is renewed as soon as the coordinator says so") {
    Host host;
    host.start();
    const Time now = host.clock.wall() + 31 * 24h;
    const wire::Problem expired = wire::to_problem({Code::forbidden, "it has expired", "certificate_expired"}, 403);
    host.need("/poll")->answer(403, wire::encode(expired), {{"Date", to_http_date(now)}});
    const auto request = wire::decode_renew_request(host.need("/renew")->request.body).value();
    const auto key = crypto::CertificateRequest::parse(request.csr).value().public_key();
    const auto certificate = host.authority.issue_agent({key, host.identity->agent(), now}, host.random).value();
    host.need("/renew")->answer(
        200, wire::encode(wire::RenewAnswer{0, certificate.pem(), host.authority.certificate().pem()}));
    host.need("/poll");
    CHECK(host.identity->credentials().certificate == certificate.pem());
}

TEST_CASE("a certificate that expired before it was used takes its place, and is renewed") {
    Host host;
    host.start();
    const Credentials renewed = host.credentials();
    REQUIRE(host.identity->put_next(renewed));
    const wire::Problem expired = wire::to_problem({Code::forbidden, "it has expired", "certificate_expired"}, 403);
    host.need("/poll")->answer(403, wire::encode(expired), {{"Date", to_http_date(host.clock.wall() + 31 * 24h)}});
    host.need("/renew");
    CHECK_FALSE(host.identity->has_next());
    CHECK(host.identity->credentials().certificate == renewed.certificate);
}

TEST_CASE("garbage from the coordinator is survived") {
    Host host;
    host.start();
    for (const char* garbage : {"", "{", "[]", "<html>", "{\"restore_epoch\":-1}", "\n\n\nnull"}) {
        host.need("/poll")->answer(200, garbage);
        host.loop.run_for(1min);
    }
    const auto order = host.order(7);
    host.answer(Host::with({order}));
    CHECK(host.listed(order.attempt) == HeldState::running);
}

TEST_CASE("a poll that is refused after its first beat is repeated when its problem says") {
    Host host;
    host.start();
    wire::PollAnswer answer = Host::with({});
    answer.problem = wire::to_problem({Code::unavailable, "the coordinator stops", "draining"}, 503);
    answer.problem->retry_after_s = 4;
    host.answer(answer);
    host.loop.run_for(3999ms);
    CHECK(host.find("/poll") == nullptr);
    host.loop.run_for(1s);
    CHECK(host.find("/poll") != nullptr);
}

TEST_CASE("an answer that came at once and brings nothing is not followed by a poll at once") {
    Host host;
    host.start();
    int polls = 0;
    for (int tenth = 0; tenth < 600; ++tenth) {
        for (; host.find("/poll"); ++polls) host.answer(Host::with({}));
        host.loop.run_for(100ms);
    }
    CHECK(polls > 3);
    CHECK(polls < 30);
    host.need("/poll");
    host.loop.run_for(20s);
    host.answer(Host::with({}));  // held: the coordinator is in its right mind
    CHECK(host.find("/poll") != nullptr);
}

TEST_CASE("a report whose answer moves nothing is not repeated at once, and an outcome is told until it is stored") {
    Host host;
    host.start();
    const auto order = host.begun(7);
    host.end(order, Ending::succeeded);
    const std::string moves_nothing =
        GENERATE(R"({"restore_epoch":0,"attempts":[]})",
                 R"({"restore_epoch":0,"attempts":[{"id":"ID","log_offset":0,"event_seq":0}]})", R"("garbage")");
    int reports = 0;
    for (int second = 0; second < 60; ++second) {
        for (; const auto report = host.find("/report"); ++reports) {
            std::string answer = moves_nothing;
            if (const auto id = answer.find("ID"); id != std::string::npos) answer.replace(id, 2, order.attempt);
            report->answer(200, answer);
        }
        host.loop.run_for(1s);
    }
    CHECK(reports > 3);
    CHECK(reports < 30);
    CHECK(host.outcome_of(order.attempt).result == Ending::succeeded);
}

}  // namespace slipway::link
