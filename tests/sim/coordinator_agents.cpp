#include <charconv>

#include "coordinator/desk/polls.h"
#include "coordinator/http/problem.h"
#include "platform/base/assert.h"
#include "platform/crypto/certificate_request.h"
#include "platform/crypto/sha256.h"
#include "platform/wire/enroll.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"
#include "tests/sim/coordinator.h"

// What agents say: what the routes of coordinator/api do between a request and the desk.
namespace slipway::sim {
namespace {

Reply refusal(const Error& error) {
    const int status = http::status_of(error);
    return {status, wire::encode(wire::to_problem(error, status))};
}

/// What stands behind `begin`, up to `end`.
std::string cut_out(std::string_view path, std::string_view begin, char end) {
    const auto from = path.find(begin) + begin.size();
    return std::string(path.substr(from, path.find(end, from) - from));
}

}  // namespace

Coordinator::Answer Coordinator::while_alive(Answer reply) {
    return [this, life = life_, reply = std::move(reply)](Reply answer) {
        if (life == life_ && !mute_) reply(std::move(answer));
    };
}

void Coordinator::take(const Message& message, std::function<void(Reply)> reply) {
    if (is_paused()) {
        scene_.after(paused_until_ - scene_.now(), [this, life = life_, message, reply = std::move(reply)] {
            if (life == life_ && alive()) take(message, reply);
        });
        return;
    }
    const Answer answer = while_alive(std::move(reply));
    const auto agent = principal(message);
    if (!agent) return answer(refusal(agent.error()));
    if (message.path.ends_with(wire::poll_path)) return poll(message, *agent, answer);
    if (message.path.ends_with(wire::report_path)) return report(message, *agent, answer);
    if (message.path.ends_with(wire::renew_path)) return renew(message, *agent, answer);
    if (message.path.find(wire::blobs_path) != std::string::npos) return fetch_blob(message, *agent, answer);
    if (message.path.find(wire::attempts_path) != std::string::npos) return append_log(message, *agent, answer);
    scene_.violated("a host asks for " + message.path);
}

void Coordinator::line_closed(const Message& message) {
    if (!desk_ || is_paused()) return;
    const auto agent = principal(message);
    const auto said = wire::decode_poll_request(message.body);
    if (agent && said) desk_->line_closed(agent->row, said->instance, said->seq);
}

Result<core::Agent> Coordinator::principal(const Message& message) {
    const auto reader = store_->read();
    ASSERT(reader);
    const auto found = (*reader)->agent_by_id(message.peer.agent);
    ASSERT(found && *found);
    const core::Agent& agent = **found;
    const std::string& serial = message.peer.serial;
    if (serial != agent.serial && serial != agent.next_serial) {
        // An agent drops a renewed certificate that is refused; without one it is locked out.
        if (judge_.is_copied_agent(agent.id) || serials_lost_.contains(serial)) locked_out_.insert(message.peer.host);
        return fail(Code::forbidden, "the certificate is no longer in force", "certificate_revoked");
    }
    const bool is_upload = message.path.ends_with(wire::report_path) || message.upload_offset.has_value();
    if (agent.deleted && is_upload) return agent;
    if (agent.deleted) return fail(Code::forbidden, "the agent was deleted", "agent_deleted");
    if (clock_.wall() >= message.peer.expires && !message.path.ends_with(wire::renew_path)) {
        scene_.happens(Kind::certificate_expired);
        return fail(Code::forbidden, "the certificate has expired", "certificate_expired");
    }
    return agent;
}

/// What the mutations of this side make of a poll.
core::Poll Coordinator::spoiled(wire::PollRequest message, const Message& from, const core::Agent& agent) {
    const Mutation mutation = scene_.mutation;
    if (mutation == Mutation::lease_not_renewed)
        std::erase_if(message.attempts, [](const auto& held) { return held.state == HeldState::running; });
    if (mutation == Mutation::boot_not_compared)
        message.boot_id = first_boots_.emplace(agent.id, message.boot_id).first->second;
    if (mutation == Mutation::identity_not_judged && !agent.instance.empty()) {
        message.instance = agent.instance;
        message.start_epoch = agent.start_epoch;
        message.seq = desk_->last_seq(agent.row, agent.instance) + 1;
    }
    if (mutation == Mutation::adoption_refused) {
        const auto reader = store_->read();
        ASSERT(reader);
        std::erase_if(message.attempts, [&](const auto& held) {
            const auto known = (*reader)->attempt_by_id(held.id);
            ASSERT(known);
            return !*known;
        });
    }
    return api::to_core(std::move(message), {"127.0.0.2", from.peer.serial, from.handshake});
}

wire::PollAnswer Coordinator::spoiled(wire::PollAnswer answer, const wire::PollRequest& poll) {
    if (scene_.mutation != Mutation::forgotten_unsealed) return answer;
    const auto reader = store_->read();
    ASSERT(reader);
    for (const auto& held : poll.attempts) {
        const auto attempt = (*reader)->attempt_by_id(held.id);
        ASSERT(attempt);
        if (*attempt && (*attempt)->outcome_stored && !(*attempt)->log_sealed) answer.forget.push_back(held.id);
    }
    return answer;
}

void Coordinator::poll(const Message& message, const core::Agent& agent, const Answer& reply) {
    const auto said = wire::decode_poll_request(message.body);
    if (!said) {
        scene_.violated("a poll is refused: " + said.error().message);
        return reply(refusal(said.error()));
    }
    std::string list;
    for (const auto& held : said->attempts) list += " " + held.id + " " + std::string(to_string(held.state));
    if (scene_.tells)
        scene_.tell("host " + std::to_string(message.peer.host) + " polls: start " + std::to_string(said->start_epoch) +
                    ", seq " + std::to_string(said->seq) + ", restore epoch " + std::to_string(said->restore_epoch) +
                    ", highest fence " + std::to_string(said->highest_fence) + list);
    if (!said->refused.empty()) scene_.happens(Kind::order_refused);
    if (said->attempts.size() > 1) scene_.happens(Kind::several_slots_used);
    const core::Poll poll = spoiled(*said, message, agent);
    const int host = message.peer.host;
    const auto last_seq = [this, &said, row = agent.row] { return desk_->last_seq(row, said->instance); };
    turn(
        [&, before = last_seq()](desk::Turn& turn) {
            turn.after_commit([this, host, &said, &last_seq, before, row = agent.row](const Result<>& committed) {
                const bool late = before == last_seq();  // it was answered empty and changed nothing
                if (!committed || late) return;
                const auto reader = store_->read();
                ASSERT(reader);
                const auto now = (*reader)->agent(row);
                ASSERT(now && *now);
                judge_.list_taken(host, *said, **now);
            });
            desk::poll(turn, agent.row, poll,
                       [this, reply, said = *said, row = agent.row](Result<desk::PollAnswer> result) {
                           if (!result) return reply(refusal(result.error()));
                           const wire::PollAnswer answer = spoiled(api::to_wire(*std::move(result)), said);
                           const auto reader = store_->read();
                           ASSERT(reader);
                           judge_.answered(said, row, answer, **reader);
                           reply({200, wire::encode(answer)});
                       });
        },
        [&](const Error& error) { reply(refusal(error)); });
}

// The mutation: whoever reports is taken to speak of the job's current attempt.
wire::ReportedAttempt Coordinator::with_current_fence(wire::ReportedAttempt reported) {
    const auto reader = store_->read();
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

/// Now and then the machine's power is cut between two calls to the disk.
Result<blobs::AttemptLogs::Appended> Coordinator::append(const std::string& attempt, std::int64_t offset,
                                                         std::string_view bytes) {
    if (!scene_.fault(Kind::coordinator_killed_in_append, 5)) {
        auto appended = logs_->append(attempt, offset, bytes);
        if (appended && !appended->fits) scene_.happens(Kind::log_offset_wrong);
        return appended;
    }
    auto left = std::make_shared<std::int64_t>(scene_.between(0, 8));
    files_.on_operation([left](std::string_view, const std::string&) -> std::optional<Error> {
        if (--*left >= 0) return {};
        return Error{Code::io, "killed"};
    });
    static_cast<void>(logs_->append(attempt, offset, bytes));
    kill(800);
    return fail(Code::io, "killed");
}

Result<api::StoredBytes> Coordinator::store_bytes(const wire::ReportedAttempt& reported) {
    api::StoredBytes stored;
    if (reported.log) {
        std::vector<blobs::AttemptLogs::Mark> marks;
        for (const wire::Mark& mark : reported.log->marks) marks.push_back({mark.offset, mark.ms});
        const auto appended = append(reported.id, reported.log->offset, reported.log->bytes);
        // On a full disk the log waits for room; the events and the outcome do not.
        if (!appended && appended.error().code != Code::disk_full) return fail(appended.error());
        if (appended) {
            TRY(logs_->add_marks(reported.id, marks));
            stored.log = appended->held;
            if (!marks.empty()) scene_.happens(Kind::log_marks_kept);
        } else {
            TRY_ASSIGN(stored.log, logs_->held(reported.id));
        }
    } else {
        TRY_ASSIGN(stored.log, logs_->held(reported.id));
    }
    std::vector<std::string> lines;
    for (const wire::Event& event : reported.events) lines.push_back(wire::encode(event));
    const std::int64_t first = reported.events.empty() ? 1 : reported.events.front().seq;
    TRY_ASSIGN(stored.event_seq, logs_->append_events(reported.id, first, lines));
    return stored;
}

// Bytes go to the disk first; the command that says so comes a moment later, when others may have come between.
void Coordinator::report(const Message& message, const core::Agent& agent, const Answer& reply) {
    auto said = wire::decode_report_request(message.body, wire::protocol_version);
    if (!said) {
        scene_.violated("a report is refused: " + said.error().message);
        return reply(refusal(said.error()));
    }
    judge_.host_reports(*said);
    std::vector<desk::Reported> items;
    for (wire::ReportedAttempt one : said->attempts) {
        if (scene_.mutation == Mutation::fence_not_checked) one = with_current_fence(std::move(one));
        const auto reader = store_->read();
        ASSERT(reader);
        const auto attempt = (*reader)->attempt_by_id(one.id);
        ASSERT(attempt);
        const bool own = *attempt && (*attempt)->agent_row == agent.row && (*attempt)->fence == one.fence;
        api::StoredBytes stored;
        if (own && (*attempt)->log_sealed) {
            stored.event_seq = (*attempt)->event_seq;
            if (const auto length = logs_->length(one.id)) stored.log.bytes = *length;
        } else if (own) {
            const auto kept = store_bytes(one);
            if (!kept) return reply(refusal(kept.error()));
            stored = *kept;
        }
        if (scene_.mutation == Mutation::log_sealed_short && own && one.outcome && one.outcome->log_sha256)
            stored.log = {one.outcome->log_length, *one.outcome->log_sha256};
        items.push_back(api::to_core(one, stored));
    }
    scene_.after(scene_.within(0s, 20ms), [this, life = life_, row = agent.row, items = std::move(items), reply] {
        if (life != life_ || !alive()) return;
        ask<std::vector<desk::ReportAnswer>>([&](desk::Turn& turn) { return desk::report(turn, row, items); },
                                             [&](const Result<std::vector<desk::ReportAnswer>>& answers) {
                                                 if (!answers) return reply(refusal(answers.error()));
                                                 wire::ReportAnswer answer;
                                                 answer.restore_epoch = desk_->restore_epoch();
                                                 for (const desk::ReportAnswer& one : *answers) {
                                                     if (one.stale_fence) scene_.happens(Kind::stale_fence);
                                                     answer.attempts.push_back(api::to_wire(one));
                                                     settle(one.attempt, one.log);
                                                 }
                                                 reply({200, wire::encode(answer)});
                                             });
    });
}

void Coordinator::append_log(const Message& message, const core::Agent& agent, const Answer& reply) {
    const std::string id = cut_out(message.path, wire::attempts_path, '/');
    const std::string fence = cut_out(message.path, "?fence=", '&');
    const auto reader = store_->read();
    ASSERT(reader);
    const auto attempt = (*reader)->attempt_by_id(id);
    ASSERT(attempt);
    if (!*attempt || (*attempt)->agent_row != agent.row)
        return reply(refusal({Code::not_found, "there is no attempt " + id + " of this agent", "attempt_missing"}));
    if (std::to_string((*attempt)->fence) != fence)
        return reply(refusal({Code::conflict, "another fence", "stale_fence"}));
    if ((*attempt)->log_sealed) return reply(refusal({Code::conflict, "the log is sealed", "log_sealed"}));
    const std::int64_t offset = message.upload_offset.value();
    const auto appended = append(id, offset, message.body);
    if (!appended) return reply(refusal(appended.error()));
    scene_.happens(Kind::log_by_itself);
    if (!appended->fits) {
        const Error error{Code::conflict, "go on elsewhere", "wrong_offset"};
        wire::Problem problem = wire::to_problem(error, http::status_of(error));
        problem.log_offset = appended->held.bytes;
        return reply({problem.status, wire::encode(problem)});
    }
    scene_.after(scene_.within(0s, 20ms),
                 [this, life = life_, id, row = (*attempt)->row, held = appended->held, reply] {
                     if (life != life_ || !alive()) return;
                     ask<desk::JudgedLog>(
                         [&](desk::Turn& turn) {
                             return desk::note_log(turn, row, {held.bytes, held.sha256});
                         },
                         [&](const Result<desk::JudgedLog>& judged) {
                             if (!judged) return reply(refusal(judged.error()));
                             settle(id, *judged);
                             wire::LogAnswer answer;
                             answer.restore_epoch = desk_->restore_epoch();
                             answer.log_offset = judged->seal == core::Seal::send_again ? 0 : held.bytes;
                             reply({200, wire::encode(answer)});
                         });
                 });
}

void Coordinator::settle(const std::string& attempt, const desk::JudgedLog& judged) {
    if (judged.seal == core::Seal::sealed) logs_->close(attempt);
    if (judged.seal != core::Seal::send_again) return;
    scene_.happens(Kind::log_asked_again);
    scene_.after(1ms, [this, life = life_, attempt, wrong = judged.sha256] {
        if (life != life_ || !alive() || !logs_->restart(attempt, wrong)) return;
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
        const auto held = logs_->held(attempt);
        if (!held) return;
        ask<desk::JudgedLog>(
            [&](desk::Turn& turn) {
                return desk::note_log(turn, attempt_row, {held->bytes, held->sha256});
            },
            [&](const Result<desk::JudgedLog>& judged) {
                if (judged) settle(attempt, *judged);
            });
    });
}

void Coordinator::fetch_blob(const Message& message, const core::Agent& agent, const Answer& reply) {
    const std::string digest = cut_out(message.path, wire::blobs_path, '?');
    const auto reader = store_->read();
    ASSERT(reader);
    const auto allowed = (*reader)->agent_may_fetch(agent.row, digest);
    ASSERT(allowed);
    const auto found = blobs_.find(digest);
    if (!*allowed || found == blobs_.end())
        return reply(refusal({Code::not_found, "no attempt of this agent needs it", "blob_missing"}));
    scene_.happens(Kind::blob_fetched);
    const auto begin = static_cast<std::size_t>(message.range_begin);
    if (begin == 0) return reply({200, found->second});
    if (begin >= found->second.size()) return reply({416, "{}"});
    scene_.happens(Kind::blob_resumed);
    reply({206,
           found->second.substr(begin),
           {{"Content-Range", "bytes " + std::to_string(begin) + "-" + std::to_string(found->second.size() - 1) + "/" +
                                  std::to_string(found->second.size())}}});
}

void Coordinator::renew(const Message& message, const core::Agent& agent, const Answer& reply) {
    const auto said = wire::decode_renew_request(message.body);
    ASSERT(said);
    const auto csr = crypto::CertificateRequest::parse(said->csr);
    ASSERT(csr);
    const auto certificate = authority_.issue_agent({csr->public_key(), agent.id, clock_.wall()}, scene_.random);
    ASSERT(certificate);
    ask<std::int64_t>(
        [&](desk::Turn& turn) -> Result<std::int64_t> {
            TRY(desk::used_serial(turn, agent.row, message.peer.serial));
            TRY(desk::renewed(turn, agent.row, certificate->serial()));
            return turn.desk().restore_epoch();
        },
        [&](const Result<std::int64_t>& epoch) {
            if (!epoch) return reply(refusal(epoch.error()));
            scene_.happens(Kind::certificate_renewed);
            serials_since_backup_.insert(certificate->serial());
            reply({200, wire::encode(wire::RenewAnswer{*epoch, certificate->pem(), authority_.certificate().pem()})});
        });
}

}  // namespace slipway::sim
