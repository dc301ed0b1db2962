#include <atomic>
#include <functional>
#include <memory>

#include "coordinator/api/agent_routes.h"
#include "coordinator/api/route_table.h"
#include "coordinator/api/translation.h"
#include "coordinator/desk/polls.h"
#include "coordinator/http/problem.h"
#include "platform/wire/poll.h"

namespace slipway::api {
namespace {

// PROTOCOL.md 3: a coordinator that stops has all its agents come back, spread over this time.
constexpr std::uint64_t spread_s = 5;

/// The desk answers on the writer's thread, a drain on the loop's: whoever is first.
class Answer {
public:
    Answer(http::Reply reply, std::uint64_t agent_hash) : reply_(std::move(reply)), agent_hash_(agent_hash) {}
    void send(Result<desk::PollAnswer> answer) {
        if (sent_.exchange(true)) return;
        if (answer) return reply_.send(http::Response::json(200, wire::encode(to_wire(*std::move(answer)))));
        wire::PollAnswer late;
        late.problem = wire::to_problem(answer.error(), http::status_of(answer.error()));
        if (answer.error().code == Code::unavailable)
            late.problem->retry_after_s = static_cast<std::int64_t>(agent_hash_ % spread_s);
        http::Response refusal = http::Response::problem(*late.problem);
        refusal.late_text = wire::encode(late);
        reply_.send(std::move(refusal));
    }

private:
    http::Reply reply_;
    std::uint64_t agent_hash_;
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
    auto answer = std::make_shared<Answer>(reply, std::hash<std::string_view>()(request.principal.id()));
    reply.when_gone([answer](http::Gone gone) {
        if (gone == http::Gone::draining)
            answer->send(fail(Code::unavailable, "the coordinator stops: come again", "draining"));
    });
    reply.when_closed([this, row, instance = poll->instance, seq = poll->seq] {
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
    using http::Access, http::Method;
    RouteTable table(router, http::Port::agent, this);
    const Takes csr{.body_bytes_max = limits::certificate_request_bytes_max * 2};
    table.add(Method::post, "/agent/v1/enroll", Access::open(), csr, &AgentRoutes::enroll);
    table.add(Method::post, "/agent/v1/renew", Access::agent_or_expired(), csr, &AgentRoutes::renew);
    table.add_parked(Method::post, "/agent/v1/poll", Access::agent(), {.body_bytes_max = limits::poll_bytes_max},
                     &AgentRoutes::poll);
    table.add(Method::post, "/agent/v1/report", Access::agent_or_deleted(),
              {.body_bytes_max = limits::report_bytes_max}, &AgentRoutes::report);
    table.add(Method::post, "/agent/v1/attempts/{id:uuid}/log", Access::agent_or_deleted(),
              {.body_bytes_max = limits::log_chunk_bytes_max, .query = {"fence"}}, &AgentRoutes::append_log);
    table.add(Method::get, "/agent/v1/blobs/{sha256:digest}", Access::agent(), {}, &AgentRoutes::fetch_blob);
}

}  // namespace slipway::api
