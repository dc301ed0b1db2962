#include <atomic>

#include <signal.h>

#include "platform/base/bytes.h"
#include "platform/crypto/sha256.h"
#include "tests/unit/coordinator/cli/fake_coordinator.h"

using namespace slipway;
using namespace slipway::cli::tests;

namespace {

const std::string job_id = "0190a1b2-0000-7000-8000-000000000001";
const std::string attempt_id = "0190a1b2-0000-7000-8000-000000000002";
const std::string second_attempt_id = "0190a1b2-0000-7000-8000-000000000003";
const std::string job_json = R"({"id": ")" + job_id + R"(", "name": "a", "pool": "default", "state": "queued"})";
const std::string job_file = "name: a\ntasks:\n  - shell: x\n  - task: copy@1\n    inputs: { form: x }\n";

std::string events_head() { return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"; }

std::string log_event(const std::string& attempt, std::size_t offset, const std::string& bytes) {
    return "id: " + attempt + ":" + std::to_string(offset + bytes.size()) +
           "\nevent: log\ndata: {\"offset\":" + std::to_string(offset) + ",\"base64\":\"" + to_base64(bytes) +
           "\"}\n\n";
}

std::string attempt_event(const std::string& attempt) {
    return "event: attempt\ndata: {\"attempt\":\"" + attempt + "\",\"fence\":7}\n\n";
}

std::string end_event(const std::string& state, const std::string& reason = {}) {
    return "event: end\ndata: {\"state\":\"" + state + "\",\"reason\":\"" + reason +
           "\",\"summary\":\"\",\"sealed\":true}\n\n";
}

}  // namespace

TEST_CASE("the bootstrap file makes the first administrator, pins the authority and is kept for nobody else to read") {
    FakeCoordinator coordinator([](Line& line, const Seen& seen) {
        if (seen.target == "/api/v1/bootstrap")
            return line.write(answer(201, R"({"token": "slt_made", "name": "me"})"));
        return line.write(answer(200, R"({"token": {"name": "me", "role": "admin"}, "version": "1"})"));
    });
    const std::string file =
        coordinator.write("bootstrap", R"({"url": ")" + coordinator.url() + R"(", "code": "c0de", "ca_sha256": ")" +
                                           coordinator.ca_sha256() + "\"}");
    const auto login = coordinator.run_as({"login", "--bootstrap", file, "--name", "me"}, {});
    INFO(login.err);
    REQUIRE(login.code == 0);
    CHECK_THAT(login.err, Catch::Contains("as me (admin)"));
    REQUIRE(coordinator.seen().size() == 2);
    CHECK(coordinator.seen()[0].body == R"({"code":"c0de","name":"me"})");
    CHECK(coordinator.seen()[1].header("Authorization") == "Bearer slt_made");
    CHECK((std::filesystem::status(coordinator.config()).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));

    CHECK(coordinator.run_as({"pool", "list"}, {}).code == 0);  // nothing but the file is needed from now on
    CHECK(coordinator.seen().back().target == "/api/v1/pools");
    CHECK(coordinator.seen().back().header("Authorization") == "Bearer slt_made");
}

TEST_CASE("a bootstrap file of another authority sends its code to nobody") {
    FakeCoordinator coordinator([](Line& line, const Seen&) { return line.write(answer(201, "{}")); });
    const std::string file =
        coordinator.write("bootstrap", R"({"url": ")" + coordinator.url() + R"(", "code": "c0de", "ca_sha256": ")" +
                                           std::string(64, 'a') + "\"}");
    const auto login = coordinator.run_as({"login", "--bootstrap", file}, {});
    CHECK(login.code == 3);
    CHECK(coordinator.seen().empty());
    CHECK_FALSE(std::filesystem::exists(coordinator.config()));
}

TEST_CASE("a token is logged in with from standard input, and not kept when it is refused") {
    std::atomic<bool> good = false;
    FakeCoordinator coordinator([&](Line& line, const Seen&) {
        if (!good) return line.write(problem(401, "token_unknown", "the token is not known"));
        return line.write(answer(200, R"({"token": {"name": "ci", "role": "deployer"}, "version": "1"})"));
    });
    const std::vector<std::string> words{"login", coordinator.url(), "--token",
                                         "-",     "--ca-sha256",     coordinator.ca_sha256()};
    const auto refused = coordinator.run_as(words, {}, "slt_bad\n");
    CHECK(refused.code == 3);
    CHECK_THAT(refused.err, Catch::StartsWith("slipway: the token is not known\n"));
    CHECK_FALSE(std::filesystem::exists(coordinator.config()));
    good = true;
    CHECK(coordinator.run_as(words, {}, "slt_good\n").code == 0);
    CHECK(coordinator.run_as({"agent", "list"}, {}).code == 0);
    CHECK(coordinator.seen().back().header("Authorization") == "Bearer slt_good");
}

TEST_CASE("without a login nothing is asked and the next step is told") {
    FakeCoordinator coordinator([](Line& line, const Seen&) { return line.write(answer(200, "{}")); });
    const auto ran = coordinator.run_as({"job", "list"}, {});
    CHECK(ran.code == 3);
    CHECK_THAT(ran.err, Catch::Contains("slipway login URL"));
    CHECK(coordinator.run_as({"job", "list", "--url", "http://deploy.example"}, {{"SLIPWAY_TOKEN", "slt_x"}}).code ==
          2);
    CHECK(coordinator.seen().empty());
}

TEST_CASE("what the coordinator refuses becomes an exit code and one line with its detail") {
    struct Case {
        int status;
        int code;
    };
    const auto [status, code] = GENERATE(values<Case>({{400, 2},
                                                       {401, 3},
                                                       {403, 3},
                                                       {404, 4},
                                                       {409, 5},
                                                       {412, 5},
                                                       {413, 2},
                                                       {422, 2},
                                                       {500, 1},
                                                       {503, 6},
                                                       {507, 1}}));
    FakeCoordinator coordinator([status = status](Line& line, const Seen&) {
        return line.write(problem(status, "some_reason", "what \\u001b[2Jwent wrong"));
    });
    const auto ran = coordinator.run({"job", "retry", job_id});
    CHECK(ran.code == code);
    CHECK_THAT(ran.err, Catch::StartsWith("slipway: what went wrong\n"));
    CHECK(ran.out.empty());
    CHECK_THAT(coordinator.run({"job", "retry", job_id, "--verbose"}).err,
               Catch::Contains("status " + std::to_string(status) + ", request r1"));
}

TEST_CASE("an answer of something else than a coordinator says so") {
    FakeCoordinator coordinator([](Line& line, const Seen&) { return line.write(answer(404, "<html>nginx</html>")); });
    const auto ran = coordinator.run({"job", "show", job_id});
    CHECK(ran.code == 4);
    CHECK_THAT(ran.err, Catch::Contains("does not speak as a coordinator"));
}

TEST_CASE("a coordinator that is not there is exit code 6") {
    FakeCoordinator coordinator([](Line&, const Seen&) { return false; });
    CHECK(coordinator.run({"job", "list"}).code == 6);
    CHECK(coordinator.seen().size() == 3);  // a read is tried three times
    CHECK(coordinator.run({"job", "retry", job_id}).code == 6);
    CHECK(coordinator.seen().size() == 4);  // what may not be repeated, once
}

TEST_CASE("a new job whose answer was lost is sent again with the same key") {
    std::atomic<int> posts = 0;
    FakeCoordinator coordinator([&](Line& line, const Seen&) {
        if (++posts == 1) return false;
        return line.write(answer(201, job_json));
    });
    const auto ran = coordinator.run({"job", "run", "-f", coordinator.write("job.yaml", job_file)});
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(ran.out == job_id + "\n");
    const auto seen = coordinator.seen();
    REQUIRE(seen.size() == 2);
    CHECK_FALSE(seen[0].header("Idempotency-Key").empty());
    CHECK(seen[0].header("Idempotency-Key") == seen[1].header("Idempotency-Key"));
    CHECK(seen[0].body == seen[1].body);
}

TEST_CASE("a job that the coordinator refuses names the line of the file") {
    FakeCoordinator coordinator([](Line& line, const Seen&) {
        return line.write(problem(422, "unknown_input", "/tasks/1/inputs/form: copy@1 has no such input"));
    });
    const std::string file = coordinator.write("job.yaml", job_file);
    const auto ran = coordinator.run({"job", "run", "-f", file, "--wait"});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.err, Catch::Contains(file + ":5:15: /tasks/1/inputs/form: copy@1 has no such input"));
}

TEST_CASE("a job file from standard input is judged before anything is sent") {
    FakeCoordinator coordinator([](Line& line, const Seen&) { return line.write(answer(201, job_json)); });
    const auto ran = coordinator.run({"job", "run", "-f", "-"}, "name: a\ntasks: 5\n");
    CHECK(ran.code == 2);
    CHECK_THAT(ran.err, Catch::StartsWith("slipway: standard input:2:1: tasks: expected a list of 1 to 200 tasks"));
    CHECK(coordinator.seen().empty());
}

TEST_CASE("a list goes over as many pages as its limit asks for") {
    FakeCoordinator coordinator([](Line& line, const Seen& seen) {
        const bool second = seen.target.find("cursor=c1") != std::string::npos;
        std::string items;
        const int count = second ? 100 : 500;
        for (int i = 0; i < count; ++i) items += (i == 0 ? "" : ",") + job_json;
        return line.write(
            answer(200, R"({"items": [)" + items + R"(], "next_cursor": ")" + (second ? "c2" : "c1") + "\"}"));
    });
    const auto ran = coordinator.run({"job", "list", "--state", "queued", "--limit", "600"});
    CHECK(ran.code == 0);
    CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 601);
    CHECK_THAT(ran.err, Catch::Contains("--cursor c2"));
    REQUIRE(coordinator.seen().size() == 2);
    CHECK(coordinator.seen()[0].target == "/api/v1/jobs?limit=500&state=queued");
    CHECK(coordinator.seen()[1].target == "/api/v1/jobs?limit=100&cursor=c1&state=queued");
}

TEST_CASE("--json gives the coordinator's own answer") {
    FakeCoordinator coordinator(
        [](Line& line, const Seen&) { return line.write(answer(200, R"({"id": "x", "new": [1]})")); });
    CHECK(coordinator.run({"job", "show", job_id, "--json"}).out ==
          "{\n  \"id\": \"x\",\n  \"new\": [\n    1\n  ]\n}\n");
}

TEST_CASE("following shows the log byte for byte and takes a broken line up where it broke") {
    std::atomic<int> streams = 0;
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) {
        if (seen.method == "POST") return line.write(answer(201, job_json));
        switch (++streams) {
            case 1:  // breaks in the middle of an event
                line.write(events_head() + attempt_event(attempt_id) + log_event(attempt_id, 0, "one\n") +
                           log_event(attempt_id, 4, std::string("t\0wo\x1b\n", 6)) + "id: x\nevent: log\ndata: {\"off");
                return false;
            case 2: return line.write(problem(503, "draining", "the coordinator is going down"));
            default:  // and sends some of it twice
                line.write(events_head() + attempt_event(attempt_id) +
                           log_event(attempt_id, 4, std::string("t\0wo\x1b\nthree\n", 12)) + end_event("succeeded"));
                return false;
        }
    });
    const auto ran = coordinator.run({"job", "run", "-f", coordinator.write("job.yaml", job_file), "--follow"});
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(ran.out == std::string("one\nt\0wo\x1b\nthree\n", 16));
    CHECK_THAT(ran.err, Catch::EndsWith("Job " + job_id + " succeeded\n"));
    const auto seen = coordinator.seen();
    REQUIRE(seen.size() == 4);
    CHECK(seen[1].header("Last-Event-ID").empty());
    CHECK(seen[2].header("Last-Event-ID") == attempt_id + ":10");
    CHECK(seen[3].header("Last-Event-ID") == attempt_id + ":10");
}

TEST_CASE("a second attempt is followed from its beginning") {
    FakeCoordinator coordinator([&](Line& line, const Seen&) {
        line.write(events_head() + attempt_event(attempt_id) + log_event(attempt_id, 0, "first\n") +
                   "event: state\ndata: {\"state\":\"unknown\"}\n\n" + attempt_event(second_attempt_id) +
                   log_event(second_attempt_id, 0, "second\n") + end_event("failed", "exit_code"));
        return false;
    });
    const auto ran = coordinator.run({"job", "logs", "--follow", job_id});
    CHECK(ran.code == 1);
    CHECK(ran.out == "first\nsecond\n");
    CHECK_THAT(ran.err, Catch::Contains("slipway job retry " + job_id));
    CHECK_THAT(ran.err, Catch::EndsWith("Job " + job_id + " failed (exit_code)\n"));
}

TEST_CASE("waiting says nothing on standard output and is 0 only for succeeded") {
    const std::string state = GENERATE("succeeded", "failed", "canceled");
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) {
        if (seen.method == "POST") return line.write(answer(201, job_json));
        line.write(events_head() + attempt_event(attempt_id) + end_event(state));
        return false;
    });
    const auto ran = coordinator.run({"job", "run", "-f", coordinator.write("job.yaml", job_file), "--wait"});
    CHECK(ran.code == (state == "succeeded" ? 0 : 1));
    CHECK(ran.out.empty());
    CHECK_THAT(coordinator.seen().back().target, Catch::Contains("offset=1073741824"));
}

TEST_CASE("Ctrl-C while following leaves the job alone and says how to cancel it") {
    sigset_t interrupt;  // the threads of the test inherit that they do not hear it
    ::sigemptyset(&interrupt);
    ::sigaddset(&interrupt, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
    FakeCoordinator coordinator([&](Line& line, const Seen&) {
        line.write(events_head() + attempt_event(attempt_id) + log_event(attempt_id, 0, "one\n"));
        ::kill(::getpid(), SIGINT);
        line.wait_for_end(10'000);
        return false;
    });
    const auto ran = coordinator.run({"job", "logs", "--follow", job_id});
    CHECK(ran.code == 130);
    CHECK_THAT(ran.err, Catch::Contains("runs on. Cancel it with: slipway job cancel " + job_id));
}

TEST_CASE("a following that is refused ends at once") {
    FakeCoordinator coordinator(
        [](Line& line, const Seen&) { return line.write(problem(404, "job_missing", "there is no job")); });
    const auto ran = coordinator.run({"job", "logs", "--follow", job_id});
    CHECK(ran.code == 4);
    CHECK(coordinator.seen().size() == 1);
}
