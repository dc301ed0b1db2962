#include "tests/sim/coordinator.h"

#include "coordinator/api/translation.h"
#include "coordinator/desk/agents.h"
#include "coordinator/desk/polls.h"
#include "coordinator/desk/tokens.h"
#include "platform/base/assert.h"
#include "platform/crypto/sha256.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"

namespace slipway::sim {
namespace {

const desk::Actor person{"token:anna", "127.0.0.1"};

Reply to_reply(const Error& error) {
    const int status = error.code == Code::unavailable ? 503 : error.code == Code::conflict ? 409 : 400;
    return {status, wire::encode(wire::to_problem(error, status))};
}

}  // namespace

Coordinator::Coordinator(Scene& scene, Network& network) : scene_(scene), network_(network) {
    network_.serve(*this);
    start();
}

void Coordinator::start() {
    desk_ = std::make_unique<desk::Desk>(
        desk::Parts{*store_, scene_.clock, scene_.random, orders_, static_cast<desk::LogProbe&>(*this), watchers_});
    scene_.tell("the coordinator starts");
    if (auto loaded = desk_->load(); !loaded)
        scene_.violated("the coordinator cannot start: " + loaded.error().message);
    judge_.look();
}

void Coordinator::kill() {
    if (!desk_) return;
    scene_.tell("the coordinator is killed");
    ++life_;
    desk_.reset();
    network_.server_died();
    scene_.after(scene_.within(100ms, 100s), [this] { start(); });
}

void Coordinator::turn(const Run& run, const std::function<void(const Error&)>& failed) {
    const Crash crash = scene_.fault(4) ? Crash::before_commit : scene_.fault(4) ? Crash::after_commit : Crash::none;
    mute_ = crash != Crash::none;
    const desk::Desk::Work works[] = {{[&](desk::Turn& turn) {
                                           run(turn);
                                           if (crash == Crash::before_commit)
                                               turn.abandon({Code::io, "killed before the commit"});
                                       },
                                       [&](const Error& error) {
                                           if (failed) failed(error);
                                       }}};
    desk_->run(works);
    mute_ = false;
    if (crash != Crash::none) kill();
    judge_.look();
}

void Coordinator::tick() {
    const bool crash = scene_.fault(4);
    mute_ = crash;
    desk_->tick();
    mute_ = false;
    if (crash) kill();
    judge_.look();
}

template <typename Value>
void Coordinator::ask(std::function<Result<Value>(desk::Turn&)> work, std::function<void(Result<Value>)> reply) {
    turn(
        [&](desk::Turn& turn) {
            auto result = std::make_shared<Result<Value>>(work(turn));
            if (scene_.mutation == Mutation::acknowledged_before_commit) return reply(std::move(*result));
            turn.after_commit([this, reply, result](const Result<>& committed) {
                if (mute_) return;
                reply(committed ? std::move(*result) : Result<Value>(fail(committed.error())));
            });
        },
        [&](const Error& error) {
            if (!mute_) reply(fail(error));
        });
}

core::Agent Coordinator::enroll(const std::string& name) {
    std::optional<core::Agent> agent;
    if (agents_.empty())
        ask<core::Pool>([](desk::Turn& turn) { return desk::create_pool(turn, person, "default"); },
                        [](const Result<core::Pool>& made) { ASSERT(made); });
    ask<core::JoinToken>(
        [&](desk::Turn& turn) {
            return desk::create_join_token(turn, person, {name, "secret", "default", "", turn.now() + 1h});
        },
        [](const Result<core::JoinToken>& made) { ASSERT(made); });
    ask<desk::Enrolled>(
        [&](desk::Turn& turn) {
            return desk::enroll(turn, {name, "secret", "key-" + name, name, "127.0.0.2"}, [&](const std::string&) {
                return desk::IssuedCertificate{"pem", "serial-" + name};
            });
        },
        [&](const Result<desk::Enrolled>& made) {
            ASSERT(made);
            agent = made->agent;
        });
    ASSERT(agent);
    agents_.push_back(agent->row);
    return *agent;
}

std::function<void(Reply)> Coordinator::while_alive(std::function<void(Reply)> reply) {
    return [this, life = life_, reply = std::move(reply)](Reply answer) {
        if (life == life_ && !mute_) reply(std::move(answer));
    };
}

void Coordinator::take(const Message& message, std::function<void(Reply)> reply) {
    if (message.path.ends_with(wire::poll_path)) return poll(message, while_alive(std::move(reply)));
    if (message.path.ends_with(wire::report_path)) return report(message, while_alive(std::move(reply)));
    reply({404, "{}"});
}

void Coordinator::poll(const Message& message, std::function<void(Reply)> reply) {
    const auto said = wire::decode_poll_request(message.body);
    if (!said) {
        scene_.violated("a poll is refused: " + said.error().message);
        return reply(to_reply(said.error()));
    }
    const std::int64_t row = agents_.at(static_cast<std::size_t>(message.host));
    auto copy = *said;
    if (scene_.mutation == Mutation::lease_not_renewed)
        std::erase_if(copy.attempts, [](const auto& held) { return held.state == HeldState::running; });
    const core::Poll poll = api::to_core(std::move(copy), {"127.0.0.2", "", message.handshake});
    turn(
        [&](desk::Turn& turn) {
            turn.after_commit([this, &message, &said, row](const Result<>& committed) {
                if (committed) judge_.list_taken(message.host, *said, row);
            });
            desk::poll(turn, row, poll, [this, reply](Result<desk::PollAnswer> result) {
                if (!result) return reply(to_reply(result.error()));
                const wire::PollAnswer answer = api::to_wire(*std::move(result));
                judge_.answered(answer);
                reply({200, wire::encode(answer)});
            });
        },
        [&](const Error& error) { reply(to_reply(error)); });
}

// The mutation: whoever reports is taken to speak of the job's current attempt.
wire::ReportedAttempt Coordinator::with_current_fence(wire::ReportedAttempt reported) {
    auto reader = store_->read();
    ASSERT(reader);
    const auto attempt = (*reader)->attempt_by_id(reported.id);
    if (!attempt || !*attempt) return reported;
    const auto job = (*reader)->job((*attempt)->job_row);
    ASSERT(job && *job);
    const auto current = (*reader)->attempt((*job)->current_attempt_row);
    if (!current || !*current) return reported;
    reported.id = (*current)->id;
    reported.fence = (*current)->fence;
    return reported;
}

void Coordinator::report(const Message& message, std::function<void(Reply)> reply) {
    const auto said = wire::decode_report_request(message.body, wire::protocol_version);
    if (!said) {
        scene_.violated("a report is refused: " + said.error().message);
        return reply(to_reply(said.error()));
    }
    judge_.host_reports(*said);
    const std::int64_t row = agents_.at(static_cast<std::size_t>(message.host));
    std::vector<desk::Reported> items;
    auto reader = store_->read();
    ASSERT(reader);
    for (wire::ReportedAttempt one : said->attempts) {
        if (scene_.mutation == Mutation::fence_not_checked) one = with_current_fence(std::move(one));
        const auto attempt = (*reader)->attempt_by_id(one.id);
        ASSERT(attempt);
        api::StoredBytes stored;
        if (*attempt && (*attempt)->fence == one.fence) {
            Log& log = logs_[one.id];
            const auto held = static_cast<std::int64_t>(log.bytes.size());
            if (one.log && !(*attempt)->log_sealed && one.log->offset <= held) {
                const auto end = one.log->offset + static_cast<std::int64_t>(one.log->bytes.size());
                if (end > held) log.bytes += one.log->bytes.substr(static_cast<std::size_t>(held - one.log->offset));
            }
            if (!one.events.empty() && one.events.front().seq <= log.events + 1)
                log.events = std::max(log.events, one.events.back().seq);
            stored = {{static_cast<std::int64_t>(log.bytes.size()), crypto::sha256(log.bytes)}, log.events};
        }
        items.push_back(api::to_core(one, stored));
    }
    reader->reset();
    ask<std::vector<desk::ReportAnswer>>([&](desk::Turn& turn) { return desk::report(turn, row, items); },
                                         [&](const Result<std::vector<desk::ReportAnswer>>& answers) {
                                             if (!answers) return reply(to_reply(answers.error()));
                                             wire::ReportAnswer answer;
                                             for (const desk::ReportAnswer& one : *answers) {
                                                 answer.attempts.push_back(api::to_wire(one));
                                                 settle(one.attempt, one.log);
                                             }
                                             reply({200, wire::encode(answer)});
                                         });
}

void Coordinator::settle(const std::string& attempt, const desk::JudgedLog& judged) {
    if (judged.seal != core::Seal::send_again) return;
    scene_.after(1ms, [this, life = life_, attempt, wrong = judged.sha256] {
        if (life != life_ || !alive()) return;
        Log& log = logs_[attempt];
        if (crypto::sha256(log.bytes) == wrong) log.bytes.clear();
        ask<bool>(
            [&](desk::Turn& turn) -> Result<bool> {
                TRY(desk::log_begun_anew(turn, attempt));
                return true;
            },
            [](const Result<bool>&) {});
    });
}

void Coordinator::request(std::int64_t attempt_row, const std::string& attempt) {
    scene_.after(1ms, [this, life = life_, attempt_row, attempt] {
        if (life != life_ || !alive()) return;
        const Log& log = logs_[attempt];
        const desk::Desk::HeldLog held{static_cast<std::int64_t>(log.bytes.size()), crypto::sha256(log.bytes)};
        ask<desk::JudgedLog>([&](desk::Turn& turn) { return desk::note_log(turn, attempt_row, held); },
                             [&](const Result<desk::JudgedLog>& judged) {
                                 if (judged) settle(attempt, *judged);
                             });
    });
}

void Coordinator::line_closed(int host, const std::string& body) {
    if (const auto said = wire::decode_poll_request(body))
        desk_->line_closed(agents_.at(static_cast<std::size_t>(host)), said->instance, said->seq);
}

// The answer is lost on its way now and then: then the person knows nothing.
void Coordinator::command(std::function<Result<core::Job>(desk::Turn&)> work,
                          std::function<void(const core::Job&)> done) {
    if (!alive()) return;
    ask<core::Job>(std::move(work), [&](const Result<core::Job>& job) {
        if (job && !scene_.fault(50)) done(*job);
    });
}

void Coordinator::create_job(const desk::NewJob& asked) {
    scene_.tell("anna makes a job");
    command([&](desk::Turn& turn) { return desk::create_job(turn, person, asked); },
            [this](const core::Job& job) { judge_.job_acknowledged(job.id); });
}

void Coordinator::cancel_job(const std::string& id) {
    scene_.tell("anna cancels job " + id);
    command([&](desk::Turn& turn) { return desk::cancel_job(turn, person, id); },
            [this](const core::Job& job) { judge_.cancel_acknowledged(job.id); });
}

void Coordinator::retry_job(const std::string& id) {
    command(
        [&](desk::Turn& turn) {
            auto retried = desk::retry_job(turn, person, id);
            if (retried) {
                scene_.tell("anna retries job " + id);
                judge_.retry_asked(id);
            }
            return retried;
        },
        [](const core::Job&) {});
}

void Coordinator::resolve_job(const std::string& id, JobState as) {
    command([&](desk::Turn& turn) { return desk::resolve_job(turn, person, id, as, "looked at the host"); },
            [this, as](const core::Job& job) {
                scene_.tell("anna resolved job " + job.id);
                judge_.resolve_acknowledged(job.id, as);
            });
}

}  // namespace slipway::sim
