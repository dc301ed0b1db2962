#include "platform/net/fetch.h"

namespace slipway::net {
namespace {

constexpr Duration longest_turn = 1h;  // the loop wakes by itself whenever something happens

}  // namespace

Result<std::unique_ptr<Fetcher>> Fetcher::make(Clock& clock, ClientOptions options) {
    std::unique_ptr<Fetcher> fetcher(new Fetcher());
    TRY_ASSIGN(fetcher->loop_, os::make_event_loop(clock));
    TRY_ASSIGN(fetcher->client_, make_http_client(*fetcher->loop_, clock, std::move(options)));
    return fetcher;
}

Result<Response> Fetcher::fetch(Request request) { return run(std::move(request), {}); }

Result<Response> Fetcher::fetch(Request request, std::function<void(const Response&)> on_head,
                                std::function<Result<>(std::string_view)> on_data) {
    Callbacks callbacks;
    callbacks.on_head = std::move(on_head);
    callbacks.on_data = [on_data = std::move(on_data)](std::string_view bytes) -> Result<Flow> {
        TRY(on_data(bytes));
        return Flow::go_on;
    };
    return run(std::move(request), std::move(callbacks));
}

Result<Response> Fetcher::run(Request request, Callbacks callbacks) {
    std::optional<Result<Response>> end;
    callbacks.on_end = [&end](Result<Response> result) { end = std::move(result); };
    const auto exchange = client_->send(std::move(request), std::move(callbacks));
    while (!end) TRY(loop_->run_once(longest_turn));
    return *std::move(end);
}

}  // namespace slipway::net
