#include "coordinator/http/beast_exchange.h"

#include <utility>

#include "platform/base/assert.h"

namespace slipway::http {

ConnectionExchange::ConnectionExchange(std::shared_ptr<Connection> connection, std::uint64_t ticket)
    : connection_(std::move(connection)), ticket_(ticket) {}

ConnectionExchange::~ConnectionExchange() {
    if (streaming_)
        connection_->close_events(ticket_);
    else if (!answered_)
        connection_->answer(
            ticket_,
            Response::problem({Code::internal, "the request was not answered; this is a defect", "no_answer"}));
}

void ConnectionExchange::send(Response response) {
    const bool twice = answered_.exchange(true);
    ASSERT(!twice);
    connection_->answer(ticket_, std::move(response));
}

void ConnectionExchange::when_gone(std::function<void(Gone)> function) {
    connection_->set_gone(ticket_, std::move(function));
}

void ConnectionExchange::when_closed(std::function<void()> function) { connection_->set_closed(std::move(function)); }

void ConnectionExchange::next(std::function<void(Result<std::string>)> got) {
    connection_->want_piece(ticket_, std::move(got));
}

void ConnectionExchange::open_events() {
    const bool twice = answered_.exchange(true);
    ASSERT(!twice);
    streaming_ = true;
    connection_->open_events(ticket_);
}

EventStream::Push ConnectionExchange::push(const Event& event) { return connection_->push_event(ticket_, event); }

void ConnectionExchange::when_drained(std::function<void()> function) {
    connection_->set_drained(ticket_, std::move(function));
}

void ConnectionExchange::close_events() { connection_->close_events(ticket_); }

}  // namespace slipway::http
