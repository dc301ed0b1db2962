#include "coordinator/http/reply.h"

#include <utility>

#include "coordinator/http/exchange.h"

namespace slipway::http {

Reply::Reply(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
void Reply::send(Response response) const { exchange_->send(std::move(response)); }
void Reply::when_gone(std::function<void(Gone)> function) const { exchange_->when_gone(std::move(function)); }
void Reply::when_closed(std::function<void()> function) const { exchange_->when_closed(std::move(function)); }

Upload::Upload(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
void Upload::next(std::function<void(Result<std::string>)> got) const { exchange_->next(std::move(got)); }

EventStream::EventStream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
EventStream::Push EventStream::push(const Event& event) const { return exchange_->push(event); }
void EventStream::when_drained(std::function<void()> function) const { exchange_->when_drained(std::move(function)); }
void EventStream::when_gone(std::function<void(Gone)> function) const { exchange_->when_gone(std::move(function)); }
void EventStream::close() const { exchange_->close_events(); }

EventReply::EventReply(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
void EventReply::send(Response response) const { exchange_->send(std::move(response)); }
EventStream EventReply::open() const {
    exchange_->open_events();
    return EventStream(exchange_);
}

}  // namespace slipway::http
