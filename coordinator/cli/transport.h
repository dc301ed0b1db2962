#pragma once

#include <functional>
#include <memory>

#include "platform/net/http_client.h"
#include "platform/os/loop.h"

namespace slipway::cli {

/// One request after another, and Ctrl-C is heard while one waits: every call then answers Code::canceled with reason
/// "interrupted". One thread.
class Transport {
public:
    struct Hooks {
        std::function<void(const net::Response& head)> on_head = {};
        std::function<Result<>(std::string_view bytes)> on_data = {};  ///< without it the body is collected
    };

    static Result<std::unique_ptr<Transport>> make(Clock& clock, net::ClientOptions options);

    Result<net::Response> send(net::Request request) { return send(std::move(request), Hooks()); }
    Result<net::Response> send(net::Request request, Hooks hooks);
    Result<> wait(Duration duration);
    /// For work that sends nothing for a while.
    Result<> breathe();

private:
    explicit Transport(std::unique_ptr<os::EventLoop> loop) : loop_(std::move(loop)) {}
    Result<> turn(Duration at_most);

    std::unique_ptr<os::EventLoop> loop_;
    std::unique_ptr<net::HttpClient> client_;
    os::Handle signal_;
    bool interrupted_ = false;
};

}  // namespace slipway::cli
