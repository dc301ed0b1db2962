#pragma once

#include <atomic>
#include <memory>

#include "coordinator/http/beast_connection.h"
#include "coordinator/http/exchange.h"

namespace slipway::http {

/// Keeps its connection's memory, not the connection: that may have ended long ago.
class ConnectionExchange final : public Exchange {
public:
    ConnectionExchange(std::shared_ptr<Connection> connection, std::uint64_t ticket);
    ~ConnectionExchange() override;

    void send(Response response) override;
    void when_gone(std::function<void(Gone)> function) override;
    void when_closed(std::function<void()> function) override;
    void next(std::function<void(Result<std::string>)> got) override;
    void open_events() override;
    EventStream::Push push(const Event& event) override;
    void when_drained(std::function<void()> function) override;
    void close_events() override;

private:
    const std::shared_ptr<Connection> connection_;
    const std::uint64_t ticket_;
    std::atomic<bool> answered_ = false;
    bool streaming_ = false;
};

}  // namespace slipway::http
