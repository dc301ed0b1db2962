#include <atomic>
#include <memory>

#include "coordinator/api/agent_routes.h"
#include "coordinator/api/translation.h"
#include "coordinator/desk/polls.h"
#include "platform/wire/poll.h"

namespace slipway::api {
namespace {

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
    auto poll = std::make_shared<const core::Poll>(
        to_core(*std::move(message), {request.peer_address, request.principal.serial(), request.connection_began}));
    auto answer = std::make_shared<Answer>(reply);
    // Held for as long as the poll is parked, so it holds no more than it needs.
    reply.when_gone([this, row, instance = poll->instance, seq = poll->seq, answer](http::Gone gone) {
        if (gone == http::Gone::draining)
            answer->send(fail(Code::unavailable, "the coordinator stops: come again", "draining"));
        services_.writer.inspect([row, instance, seq](desk::Desk& desk) { desk.line_closed(row, instance, seq); });
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
