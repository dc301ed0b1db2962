#pragma once

#include "platform/wire/enroll.h"
#include "platform/wire/envelope.h"
#include "platform/wire/poll.h"
#include "platform/wire/problem.h"
#include "platform/wire/report.h"

/// One message of each type, every field filled: the golden files are made of them.
namespace samples {

using namespace slipway;

inline const std::string agent = "0193501a-7c00-7000-8000-00000000000a";
inline const std::string job = "0193501b-0000-7000-8000-0000000000b1";
inline const std::string attempt = "0193501b-1000-7000-8000-0000000000c1";
inline const std::string attempt_2 = "0193501b-2000-7000-8000-0000000000c2";
inline const std::string sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
inline const std::string sha256_empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
inline constexpr Time noon{1'795'262'400'000'000};  // 2026-11-21T12:00:00Z

inline wire::EnrollRequest enroll_request() {
    return {.protocol = 1,
            .token = "slj1_0193501a7c0070008000000000000001_" + std::string(43, 'S') + "_" + std::string(43, 'D') +
                     "_0a1b2c3d",
            .csr = "-----BEGIN CERTIFICATE REQUEST-----\nMIHhMIGIAgEAMA==\n-----END CERTIFICATE REQUEST-----\n",
            .name = "web-01",
            .version = "0.1.0"};
}

inline wire::EnrollAnswer enroll_answer() {
    return {.restore_epoch = 0,
            .agent = agent,
            .name = "web-01",
            .pool = "default",
            .certificate = "-----BEGIN CERTIFICATE-----\nMIIBzDCCAXKgAw==\n-----END CERTIFICATE-----\n",
            .trust = "-----BEGIN CERTIFICATE-----\nMIIBkTCCATegAw==\n-----END CERTIFICATE-----\n"};
}

inline wire::RenewRequest renew_request() { return {.protocol = 1, .csr = enroll_request().csr}; }

inline wire::RenewAnswer renew_answer() {
    return {.restore_epoch = 0, .certificate = enroll_answer().certificate, .trust = enroll_answer().trust};
}

inline wire::PollRequest poll_request_idle() {
    wire::PollRequest poll;
    poll.protocol = 1;
    poll.instance = "5f2d8a90c1e34b7796aa01bc23de45f6";
    poll.start_epoch = 3;
    poll.boot_id = "b7a1f0de-5a52-4c0c-9a0e-1d2f3a4b5c6d";
    poll.seq = 17;
    poll.slots = 2;
    poll.capabilities_sha256 = sha256;
    poll.restore_epoch = 0;
    poll.highest_fence = 40;
    poll.pruned_fence = 12;
    return poll;
}

inline wire::PollRequest poll_request() {
    wire::PollRequest poll = poll_request_idle();
    poll.seq = 18;
    poll.highest_fence = 42;
    poll.capabilities = wire::Capabilities{
        {"arch", "x86_64"}, {"bash", "5.2.15"}, {"nginx", ""}, {"os", "linux"}, {"slipway-agent", "0.1.0"}};
    poll.attempts = {{attempt, job, 41, HeldState::running}, {attempt_2, job, 42, HeldState::ended}};
    poll.refused = {{"0193501b-3000-7000-8000-0000000000c3", 39}};
    return poll;
}

inline wire::Order order() {
    wire::Order order;
    order.attempt = attempt;
    order.job = job;
    order.fence = 41;
    order.agent = agent;
    order.created = noon;
    order.name = "Publish the docs";
    wire::OrderTask extract;
    extract.name = "extract";
    extract.task = "extract@1";
    extract.inputs = {{"from", "site"}, {"to", "releases/$(artifacts.site.version)"}};
    wire::OrderTask script;
    script.name = "Switch";
    script.task = "shell@1";
    script.inputs = {{"script", "ln -sfn \"releases/$ARTIFACTS_SITE_VERSION\" current\n"}};
    script.enabled = false;
    script.continue_on_error = true;
    script.timeout_s = 60;
    script.working_directory = "/srv/docs";
    script.env = {{"LANG", "C.UTF-8"}};
    script.leave_running = true;
    order.tasks = {extract, script};
    order.variables = {{"port", "8088"}};
    order.working_directory = "/srv/docs";
    order.timeout_s = 600;
    order.cancel_grace_s = 10;
    order.artifacts = {{"site", "docs", "3.11", sha256, 10'485'760}};
    return order;
}

inline wire::PollAnswer poll_answer_empty() {
    wire::PollAnswer answer;
    answer.restore_epoch = 0;
    answer.hold_s = 50;
    return answer;
}

inline wire::PollAnswer poll_answer() {
    wire::PollAnswer answer = poll_answer_empty();
    answer.hold_s = 20;
    wire::Order small = order();
    small.tasks.resize(1);
    small.variables.clear();
    small.artifacts.clear();
    small.tasks[0] = {.name = "Greet",
                      .task = "shell@1",
                      .inputs = {{"script", "echo hello"}},
                      .timeout_s = {},
                      .working_directory = {},
                      .env = {}};
    small.working_directory.reset();
    answer.orders = {{attempt, 41, wire::seal_order(small)}};
    answer.cancels = {{attempt_2, 42, 10}};
    answer.forget = {"0193501b-3000-7000-8000-0000000000c3"};
    answer.want = {"capabilities"};
    return answer;
}

inline wire::Problem problem() {
    wire::Problem problem;
    problem.status = 409;
    problem.title = "Conflict";
    problem.detail = "the log of this attempt goes on at offset 4096";
    problem.code = Code::conflict;
    problem.reason = "wrong_offset";
    problem.log_offset = 4096;
    return problem;
}

inline wire::PollAnswer poll_answer_refused() {
    wire::PollAnswer answer = poll_answer_empty();
    wire::Problem& problem = answer.problem.emplace();
    problem.status = 409;
    problem.title = "Conflict";
    problem.detail =
        "another living agent uses this identity; an operator decides with: slipway agent resolve web-01 --keep "
        "INSTANCE | --re-enroll";
    problem.code = Code::conflict;
    problem.reason = "identity_conflict";
    return answer;
}

inline std::vector<wire::Event> events() {
    return {
        {1, noon, 0, wire::TaskStarted{0, "extract", 0}},
        {2, noon + 120ms, 120, wire::Progress{0, 40, "releases/3.11"}},
        {3, noon + 350ms, 350, wire::TaskFinished{0, TaskState::succeeded, {}, 0, 512}},
        {4, noon + 351ms, 351, wire::TaskStarted{1, "Switch", 512}},
        {5, noon + 400ms, 400, wire::VariableSet{1, "release", "3.11"}},
        {6, noon + 900ms, 900, wire::Issue{1, wire::Severity::error, "ln: \"current\" is a directory"}},
        {7, noon + 901ms, 901, wire::LogGap{4096}},
        {8, noon + 902ms, 902, wire::TaskFinished{1, TaskState::failed, Reason::exit_code, 1, 2048}},
        {9, noon + 903ms, 903, wire::TaskFinished{2, TaskState::skipped, {}, {}, 2048}},
        {10, noon + 904ms, 904, wire::Issue{{}, wire::Severity::warning, "2 processes outlived their task"}},
    };
}

inline wire::Outcome outcome() {
    wire::Outcome outcome;
    outcome.result = Ending::failed;
    outcome.reason = Reason::exit_code;
    outcome.summary = "ln: \"current\" is a directory";
    outcome.exit_codes = {0, 1, std::nullopt};
    outcome.log_length = 2048;
    outcome.log_sha256 = sha256;
    outcome.flags = {Flag::log_gap};
    outcome.started = noon;
    outcome.ended = noon + 905ms;
    outcome.duration_ms = 905;
    return outcome;
}

inline wire::Outcome outcome_succeeded() {
    wire::Outcome outcome;
    outcome.result = Ending::succeeded;
    outcome.with_issues = true;
    outcome.exit_codes = {0};
    outcome.log_sha256 = sha256_empty;
    outcome.started = noon;
    outcome.ended = noon + 20ms;
    outcome.duration_ms = 20;
    return outcome;
}

inline wire::Outcome outcome_lost() {
    wire::Outcome outcome;
    outcome.result = Ending::lost;
    outcome.reason = Reason::host_restarted;
    outcome.summary = "the host restarted while the attempt ran";
    outcome.log_length = 1024;
    outcome.ended = noon + 60s;
    outcome.duration_ms = 0;
    return outcome;
}

inline wire::ReportRequest report_request() {
    wire::ReportRequest report;
    report.seq = 19;
    report.attempts.push_back(
        {attempt, 41, wire::LogChunk{0, std::string("unpacking\n\x1b[32mdone\x1b[0m\n\xff", 24), {{0, 0}, {10, 120}}},
         events(), outcome()});
    report.attempts.push_back({attempt_2, 42, {}, {}, outcome_lost()});
    return report;
}

inline wire::ReportAnswer report_answer() {
    return {.restore_epoch = 0,
            .attempts = {{attempt, 24, 10, true, false, ""},
                         {attempt_2, 1024, 0, true, true, ""},
                         {"0193501b-3000-7000-8000-0000000000c3", 0, 0, false, false, "stale_fence"}}};
}

inline wire::LogAnswer log_answer() { return {.restore_epoch = 0, .log_offset = 262'144, .superseded = true}; }

}  // namespace samples
