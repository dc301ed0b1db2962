#include <algorithm>
#include <utility>

#include "coordinator/http/beast_connection.h"
#include "coordinator/http/beast_exchange.h"
#include "coordinator/http/head.h"
#include "platform/base/bytes.h"

namespace slipway::http {
namespace {

constexpr std::size_t read_whole_step_bytes = 64 * 1024;

/// The text after "Bearer ".
std::optional<std::string> bearer_of(const Headers& headers) {
    constexpr std::string_view scheme = "bearer ";
    const auto header = headers.get("authorization");
    if (!header || header->size() <= scheme.size()) return std::nullopt;
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if (((*header)[i] | (scheme[i] == ' ' ? 0 : 0x20)) != scheme[i]) return std::nullopt;
    return std::string(header->substr(scheme.size()));
}

Error forbidden(const Principal& principal) {
    switch (principal.kind()) {
        case Principal::Kind::nobody: return {Code::unauthenticated, "this needs a credential"};
        case Principal::Kind::token:
            return {Code::forbidden,
                    "token '" + principal.name() + "' has the role '" + std::string(to_string(principal.role())) +
                        "', which may not do this",
                    "permission_denied"};
        case Principal::Kind::expired_agent:
            return {Code::forbidden, "the agent's certificate has expired; only renewal is open to it",
                    "certificate_expired"};
        case Principal::Kind::deleted_agent:
            return {Code::forbidden, "the agent was deleted; it may only report what it still owes", "agent_deleted"};
        case Principal::Kind::agent: break;
    }
    return {Code::forbidden, "this is not for agents", "permission_denied"};
}

}  // namespace

Awaitable<bool> Connection::serve_one() {
    const bool begun = co_await first_byte();
    if (!begun) co_return false;
    auto incoming = std::make_unique<Incoming>();
    Answering answering;
    answering.number = ++core_.requests;
    answering.began = loop_->now();
    incoming->request.id = core_.request_id(answering.number);

    const Result<bool> headed = co_await read_head(*incoming);
    if (headed && !*headed) co_return false;
    std::optional<Response> refusal;
    if (headed) {
        answering.head_only = incoming->request.method == Method::head;
        answering.keep_alive = incoming->parser.keeps_alive();
        answering.localhost = incoming->request.headers.get("host").value_or("").starts_with("localhost");
        refusal = co_await admit(*incoming);
        if (refusal) answering.unread = incoming->parser.has_body();
    } else {
        refusal = Response::problem(headed.error());
        answering.unread = true;
    }
    if (refusal) {
        answering.keep_alive = answering.keep_alive && !answering.unread;
        co_return co_await respond(std::move(*refusal), answering);
    }
    co_return co_await handle(std::move(incoming), answering);
}

/// Waits without a buffer.
Awaitable<bool> Connection::first_byte() {
    if (!input_.empty()) co_return !is_over();
    input_ = {};
    if (draining_) co_return false;
    set_deadline(served_ ? core_.options.idle : core_.options.header);
    idle_ = true;
    const Step step = co_await receive(core_.scratch, nullptr);
    idle_ = false;
    if (step.kind != Step::Kind::done) co_return false;
    input_.assign(core_.scratch.data(), step.bytes);
    co_return true;
}

/// False: there is nobody to answer.
Awaitable<Result<bool>> Connection::read_head(Incoming& incoming) {
    set_deadline(core_.options.header);
    std::size_t seen = 0;
    bool blank_line_passed = false;
    for (;;) {
        if (!blank_line_passed && input_.starts_with("\r\n")) {  // RFC 9112, 2.2: one is ignored
            input_.erase(0, 2);
            blank_line_passed = true;
            seen = 0;
        }
        const auto end = find_head_end(input_, seen);
        if (!end) co_return fail(end.error());
        if (*end) {
            const Result<> parsed = parse_head(incoming, **end);
            if (!parsed) co_return fail(parsed.error());
            clear_deadline();
            co_return true;
        }
        seen = input_.size();
        const Step step = co_await receive(core_.scratch, nullptr);
        if (step.kind == Step::Kind::done) {
            input_.append(core_.scratch.data(), step.bytes);
            continue;
        }
        if (expired_ && !closing_)
            co_return fail(Code::timed_out, "the request's header did not come within the time allowed",
                           "request_too_slow");
        co_return false;
    }
}

Result<> Connection::parse_head(Incoming& incoming, std::size_t block_bytes) {
    const std::string_view block = std::string_view(input_).substr(0, block_bytes);
    TRY(check_head(block));
    std::string_view target;
    TRY(incoming.parser.read_head(block, incoming.request, target));
    incoming.target = target;
    input_.erase(0, block_bytes);
    return {};
}

std::optional<Response> Connection::route(Incoming& incoming) {
    Request& request = incoming.request;
    auto target = parse_target(incoming.target);
    if (!target) return Response::problem(target.error());
    Match match = core_.router.match(origin_.port, request.method, target->path);
    if (match.route == nullptr) {
        const std::string where = "'" + printable(target->path, 120) + "'";
        if (match.allow.empty()) return Response::problem({Code::not_found, "there is nothing at " + where});
        return Response::problem({Code::invalid, where + " knows only " + match.allow, "method_not_allowed"})
            .set("Allow", match.allow);
    }
    if (request.method == Method::head && !std::holds_alternative<Plain>(match.route->handler.value))
        return Response::problem({Code::invalid, "HEAD is not offered here", "method_not_allowed"}).set("Allow", "GET");
    auto query = Query::parse(target->query);
    if (!query) return Response::problem(query.error());
    incoming.route = match.route;
    request.path = std::move(target->path);
    request.query = std::move(*query);
    request.pattern = std::move(match.parameters);
    request.port = origin_.port;
    request.peer_address = origin_.address;
    request.connection = number_;
    request.connection_began = began_;
    return std::nullopt;
}

/// Routes, authenticates, authorises, and judges the body by its header.
Awaitable<std::optional<Response>> Connection::admit(Incoming& incoming) {
    std::optional<Response> refusal = route(incoming);
    if (refusal) co_return refusal;
    const Route& found = *incoming.route;
    if (!found.access.value.is_open()) {
        Result<Principal> principal = co_await authenticate(incoming);
        if (!principal) co_return Response::problem(principal.error());
        if (!found.access.value.allows(*principal)) co_return Response::problem(forbidden(*principal));
        incoming.request.principal = std::move(*principal);
        if (!known_) core_.became_known(*this);
        known_ = true;
    }
    if (const auto known = incoming.request.query.only(found.query); !known) co_return Response::problem(known.error());
    const auto encoding = incoming.request.headers.get("content-encoding");
    if (encoding && *encoding != "identity")
        co_return Response::problem(
            {Code::invalid,
             "Content-Encoding '" + printable(*encoding, 40) + "' is not accepted; send the body as it is",
             "unsupported_encoding"});
    const std::uint64_t most = found.body_bytes_max;
    if (incoming.parser.has_body() && (most == 0 || incoming.request.content_length.value_or(0) > most))
        co_return Response::problem(
            {Code::limit,
             most == 0 ? "this takes no body"
                       : "the body is longer than the " + std::to_string(most) + " bytes allowed here",
             "body_too_large"});
    incoming.parser.set_body_limit(most);
    co_return std::nullopt;
}

Awaitable<Result<Principal>> Connection::authenticate(const Incoming& incoming) {
    Credentials credentials;
    credentials.peer_address = origin_.address;
    if (incoming.route->access.value.kind() == Access::Kind::token) {
        credentials.bearer = bearer_of(incoming.request.headers);
        if (!credentials.bearer)
            co_return fail(Code::unauthenticated, "this needs a token: send 'Authorization: Bearer slt_...'");
    } else {
        credentials.certificate = certificate_;
        if (!certificate_)
            co_return fail(Code::unauthenticated, "this needs an agent's client certificate", "certificate_missing");
    }
    const std::uint64_t ticket = ++ticket_;
    principal_.reset();
    calling_ = true;
    core_.parts.authenticator.authenticate(credentials, [self = shared_from_this(), ticket](Result<Principal> result) {
        if (self->loop_->in_thread() && self->calling_ && ticket == self->ticket_) {
            self->principal_ = std::make_unique<Result<Principal>>(std::move(result));
            return;
        }
        self->loop_->post([self, ticket, given = std::move(result)]() mutable {
            if (ticket != self->ticket_ || self->finished_) return;
            self->principal_ = std::make_unique<Result<Principal>>(std::move(given));
            self->wake();
        });
    });
    calling_ = false;
    while (!principal_ && !closing_) co_await pause();
    if (!principal_) co_return fail(Code::unavailable, "the server is stopping");
    const std::unique_ptr<Result<Principal>> principal = std::move(principal_);
    co_return std::move(*principal);
}

Awaitable<Result<std::string>> Connection::read_piece(Incoming& incoming, std::size_t bytes_max) {
    if (incoming.failure) co_return fail(*incoming.failure);
    RequestParser& parser = incoming.parser;
    std::string piece;
    if (parser.expects_continue() && !std::exchange(incoming.continued, true) && input_.empty()) {
        const bool told = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
        if (!told) co_return fail(Code::canceled, "the peer went away before the body had ended");
    }
    Pace pace{incoming.waited, 0};
    for (;;) {
        Result<std::size_t> used = parser.read_body(input_, piece, bytes_max);
        if (!used) co_return fail(*(incoming.failure = std::move(used).error()));
        input_.erase(0, *used);
        if (parser.is_at_end() || piece.size() >= bytes_max) break;

        pace.bytes = parser.body_bytes();
        const Step step = co_await receive(core_.scratch, &pace);
        if (step.kind != Step::Kind::done) {
            incoming.failure =
                expired_ && !closing_
                    ? Error{Code::timed_out, "the body came too slowly; send it again over a better line",
                            "request_too_slow"}
                    : Error{Code::canceled, "the peer went away before the body had ended"};
            if (piece.empty()) co_return fail(*incoming.failure);
            break;
        }
        const std::string_view read(core_.scratch.data(), step.bytes);
        if (!input_.empty()) {
            input_.append(read);
            continue;
        }
        used = parser.read_body(read, piece, bytes_max);
        if (!used) co_return fail(*(incoming.failure = std::move(used).error()));
        input_.assign(read.substr(*used));
        if (parser.is_at_end() || piece.size() >= bytes_max) break;
    }
    incoming.waited = pace.waited;
    co_return piece;
}

Awaitable<Result<>> Connection::read_body(Incoming& incoming) {
    std::string& body = incoming.request.body;
    body.reserve(static_cast<std::size_t>(incoming.request.content_length.value_or(0)));
    while (!incoming.parser.is_at_end() || incoming.failure) {
        Result<std::string> piece = co_await read_piece(incoming, read_whole_step_bytes);
        if (!piece) co_return fail(std::move(piece).error());
        if (body.empty())
            body = std::move(*piece);
        else
            body += *piece;
    }
    co_return Result<>();
}

/// Serves the handler's wishes for more until it has answered.
Awaitable<bool> Connection::stream_body(Incoming& incoming) {
    while (!response_) {
        if (closing_) co_return false;
        if (!want_piece_) {
            co_await pause();
            continue;
        }
        const auto got = std::exchange(want_piece_, nullptr);
        Result<std::string> piece = co_await read_piece(incoming, core_.options.piece_bytes_max);
        clear_deadline();
        calling_ = true;
        got(std::move(piece));
        calling_ = false;
    }
    co_return true;
}

Awaitable<bool> Connection::handle(std::unique_ptr<Incoming> incoming, Answering answering) {
    const Handler& handler = incoming->route->handler;
    const auto* streamed = std::get_if<Streamed>(&handler);
    if (streamed == nullptr && incoming->parser.has_body()) {
        const Result<> whole = co_await read_body(*incoming);
        if (!whole) {
            if (whole.error().code == Code::canceled) co_return false;
            answering.keep_alive = false;
            answering.unread = true;
            co_return co_await respond(Response::problem(whole.error()), answering);
        }
    }
    clear_deadline();
    response_.reset();
    auto exchange = std::make_shared<ConnectionExchange>(shared_from_this(), ++ticket_);
    calling_ = true;
    if (streamed != nullptr) {
        streamed->call(std::move(incoming->request), Upload(exchange), Reply(exchange));
        exchange.reset();
        calling_ = false;
        const bool answered = co_await stream_body(*incoming);
        answering.unread = !incoming->parser.is_at_end();
        answering.keep_alive = answering.keep_alive && !answering.unread;
        incoming.reset();
        if (!answered) co_return false;
        co_return co_await respond(std::move(*response_), answering);
    }
    if (const auto* parked = std::get_if<Parked>(&handler)) {
        parked->call(std::move(incoming->request), Reply(std::move(exchange)));
        calling_ = false;
        incoming.reset();
        co_return co_await park(answering);
    }
    if (const auto* events = std::get_if<slipway::http::Events>(&handler)) {
        events->call(std::move(incoming->request), EventReply(std::move(exchange)));
        calling_ = false;
        incoming.reset();
        co_return co_await send_events(answering);
    }
    std::get<Plain>(handler).call(std::move(incoming->request), Reply(std::move(exchange)));
    calling_ = false;
    incoming.reset();
    const bool answered = co_await await_answer();
    if (!answered) co_return false;
    co_return co_await respond(std::move(*response_), answering);
}

}  // namespace slipway::http
