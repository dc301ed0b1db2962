#pragma once

#include <functional>
#include <memory>

#include "platform/net/http_client.h"

namespace slipway::net {

/// For programs that do one thing after another: a client with a loop of its own. Keeps its connections between calls.
class Fetcher {
public:
    static Result<std::unique_ptr<Fetcher>> make(Clock& clock, ClientOptions options);

    /// Blocks until the answer is complete.
    Result<Response> fetch(Request request);
    /// The body goes to `on_data` (which never pauses) piece by piece; an error from it ends the call with it.
    /// `on_head` may be empty.
    Result<Response> fetch(Request request, std::function<void(const Response&)> on_head,
                           std::function<Result<>(std::string_view)> on_data);

    os::EventLoop& loop() { return *loop_; }  ///< for signals: what is registered there is heard during fetch()

private:
    Fetcher() = default;
    Result<Response> run(Request request, Callbacks callbacks);
    std::unique_ptr<os::EventLoop> loop_;
    std::unique_ptr<HttpClient> client_;
};

}  // namespace slipway::net
