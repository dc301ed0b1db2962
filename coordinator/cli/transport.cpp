#include "coordinator/cli/transport.h"

namespace slipway::cli {
namespace {

constexpr Duration longest_turn = 1h;  // the loop wakes by itself whenever something happens

}  // namespace

Result<std::unique_ptr<Transport>> Transport::make(Clock& clock, net::ClientOptions options) {
    TRY_ASSIGN(auto loop, os::make_event_loop(clock));
    std::unique_ptr<Transport> transport(new Transport(std::move(loop)));
    Transport* self = transport.get();
    TRY_ASSIGN(self->signal_, self->loop_->on_signal(os::Signal::interrupt, [self] { self->interrupted_ = true; }));
    TRY_ASSIGN(self->client_, net::make_http_client(*self->loop_, clock, std::move(options)));
    return transport;
}

Result<net::Response> Transport::send(net::Request request, Hooks hooks) {
    TRY(breathe());
    std::optional<Result<net::Response>> end;
    net::Callbacks callbacks;
    callbacks.on_head = std::move(hooks.on_head);
    if (hooks.on_data)
        callbacks.on_data = [on_data = std::move(hooks.on_data)](std::string_view bytes) -> Result<net::Flow> {
            TRY(on_data(bytes));
            return net::Flow::go_on;
        };
    callbacks.on_end = [&end](Result<net::Response> result) { end = std::move(result); };
    const auto exchange = client_->send(std::move(request), std::move(callbacks));
    while (!end) TRY(turn(longest_turn));
    return *std::move(end);
}

Result<> Transport::wait(Duration duration) {
    bool over = false;
    const os::Handle timer = loop_->after(duration, [&over] { over = true; });
    while (!over) TRY(turn(longest_turn));
    return {};
}

Result<> Transport::breathe() { return turn(0s); }

Result<> Transport::turn(Duration at_most) {
    TRY(loop_->run_once(at_most));
    if (interrupted_) return fail(Code::canceled, "interrupted", "interrupted");
    return {};
}

}  // namespace slipway::cli
