#include <atomic>
#include <memory>

#include "coordinator/api/agent_routes.h"
#include "coordinator/desk/polls.h"
#include "platform/wire/poll.h"

namespace slipway::api {
namespace {

constexpr std::string_view version_capability = "slipway-agent";

core::Poll to_core(wire::PollRequest&& message, const http::Request& request) {
    core::Poll poll;
    poll.instance = std::move(message.instance);
    poll.start_epoch = message.start_epoch;
    poll.boot_id = std::move(message.boot_id);
    poll.seq = message.seq;
    poll.slots = message.slots;
    poll.capabilities_sha256 = std::move(message.capabilities_sha256);
    poll.capabilities = std::move(message.capabilities);
    if (poll.capabilities)
        if (const auto found = poll.capabilities->find(std::string(version_capability));
            found != poll.capabilities->end())
            poll.version = found->second;
    poll.restore_epoch = message.restore_epoch;
    poll.highest_fence = message.highest_fence;
    poll.pruned_fence = message.pruned_fence;
    for (wire::HeldAttempt& held : message.attempts)
        poll.attempts.push_back({std::move(held.id), std::move(held.job), held.fence, held.state});
    for (wire::AttemptFence& refused : message.refused)
        poll.refused.push_back({std::move(refused.attempt), refused.fence});
    poll.address = request.peer_address;
    poll.serial = request.principal.serial();
    poll.handshake = request.connection_began;
    return poll;
}

wire::PollAnswer to_wire(desk::PollAnswer&& from) {
    wire::PollAnswer answer;
    answer.restore_epoch = from.restore_epoch;
    answer.hold_s = from.hold_s;
    for (desk::PollAnswer::Order& order : from.orders)
        answer.orders.push_back({std::move(order.attempt), order.fence, std::move(order.document)});
    for (core::Mail::Cancel& cancel : from.cancels)
        answer.cancels.push_back({std::move(cancel.attempt), cancel.fence, cancel.grace_s});
    answer.forget = std::move(from.forget);
    if (from.want_capabilities) answer.want = {"capabilities"};
    return answer;
}

/// The desk answers on the writer's thread, a drain on the loop's: whoever is first.
class Answer {
public:
    explicit Answer(http::Reply reply) : reply_(std::move(reply)) {}
    void send(Result<desk::PollAnswer> answer) {
        if (sent_.exchange(true)) return;
        if (answer) return reply_.send(http::Response::json(200, wire::encode(to_wire(*std::move(answer)))));
        http::Response refusal = http::Response::problem(answer.error());
        wire::PollAnswer late;
        late.problem = wire::to_problem(answer.error(), refusal.status);
        refusal.late_text = wire::encode(late);
        reply_.send(std::move(refusal));
    }

private:
    http::Reply reply_;
    std::atomic<bool> sent_ = false;
};

}  // namespace

void AgentRoutes::poll(http::Request request, http::Reply reply) {
    if (auto type = request.content_type_is("application/json"); !type) return reply.send(type.error());
    auto message = wire::decode_poll_request(request.body);
    if (!message) return reply.send(message.error());
    const std::int64_t row = request.principal.row();
    auto poll = std::make_shared<const core::Poll>(to_core(*std::move(message), request));
    auto answer = std::make_shared<Answer>(reply);
    reply.when_gone([this, row, poll, answer](http::Gone gone) {
        if (gone == http::Gone::draining)
            answer->send(fail(Code::unavailable, "the coordinator stops: come again", "draining"));
        services_.writer.inspect([row, poll](desk::Desk& desk) { desk.line_closed(row, poll->instance, poll->seq); });
    });
    services_.writer.submit(
        desk::Desk::Work{[row, poll, answer](desk::Turn& turn) {
                             desk::poll(turn, row, *poll,
                                        [answer](Result<desk::PollAnswer> result) { answer->send(std::move(result)); });
                         },
                         [answer](const Error& error) { answer->send(fail(error)); }});
}

void AgentRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, http::Port, http::Scope;
    const auto plain = [this](void (AgentRoutes::*handle)(http::Request, http::Reply)) {
        return http::Plain{[this, handle](http::Request request, http::Reply reply) {
            (this->*handle)(std::move(request), std::move(reply));
        }};
    };
    router.add({.method = Method::post,
                .pattern = "/agent/v1/enroll",
                .port = Port::agent,
                .access = Access::open(),
                .scope = Scope::none,
                .body_bytes_max = limits::certificate_request_bytes_max * 2,
                .handler = plain(&AgentRoutes::enroll)});
    router.add({.method = Method::post,
                .pattern = "/agent/v1/renew",
                .port = Port::agent,
                .access = Access::agent_or_expired(),
                .scope = Scope::own,
                .body_bytes_max = limits::certificate_request_bytes_max * 2,
                .handler = plain(&AgentRoutes::renew)});
    router.add({.method = Method::post,
                .pattern = "/agent/v1/poll",
                .port = Port::agent,
                .access = Access::agent(),
                .scope = Scope::own,
                .body_bytes_max = limits::poll_bytes_max,
                .handler = http::Parked{
                    [this](http::Request request, http::Reply reply) { poll(std::move(request), std::move(reply)); }}});
    router.add({.method = Method::post,
                .pattern = "/agent/v1/report",
                .port = Port::agent,
                .access = Access::agent_or_deleted(),
                .scope = Scope::own,
                .body_bytes_max = limits::report_bytes_max,
                .handler = plain(&AgentRoutes::report)});
    router.add({.method = Method::post,
                .pattern = "/agent/v1/attempts/{id:uuid}/log",
                .port = Port::agent,
                .access = Access::agent_or_deleted(),
                .scope = Scope::own,
                .body_bytes_max = limits::log_chunk_bytes_max,
                .handler = plain(&AgentRoutes::append_log)});
    router.add({.method = Method::get,
                .pattern = "/agent/v1/blobs/{sha256:digest}",
                .port = Port::agent,
                .access = Access::agent(),
                .scope = Scope::own,
                .body_bytes_max = 0u,
                .handler = plain(&AgentRoutes::fetch_blob)});
}

}  // namespace slipway::api
