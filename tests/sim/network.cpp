#include "tests/sim/network.h"

#include "platform/wire/protocol.h"

namespace slipway::sim {

struct Network::Call {
    Message message;
    os::Loop* loop = nullptr;
    net::Callbacks callbacks;
    bool open = true;
    bool arrived = false;
};

class Network::Line final : public net::Exchange {
public:
    Line(Network& network, std::shared_ptr<Call> call) : network_(network), call_(std::move(call)) {}
    ~Line() override {
        if (!std::exchange(call_->open, false) || !call_->arrived) return;
        if (network_.is_cut(call_->message.host) || !call_->message.path.ends_with(wire::poll_path)) return;
        network_.scene_.after(network_.delay(), [&network = network_, message = call_->message] {
            if (network.server_->alive()) network.server_->line_closed(message.host, message.body);
        });
    }
    void resume() override {}

private:
    Network& network_;
    std::shared_ptr<Call> call_;
};

class Network::Client final : public net::HttpClient {
public:
    Client(Network& network, int host, os::Loop& loop, const bool& muted)
        : network_(network), host_(host), loop_(loop), muted_(muted), handshake_(network.scene_.clock.wall()) {}

    std::unique_ptr<net::Exchange> send(net::Request request, net::Callbacks callbacks) override {
        Scene& scene = network_.scene_;
        // A kept connection or a new one.
        if (scene.chance(100)) handshake_ = scene.clock.wall();
        auto call = std::make_shared<Call>();
        call->message = {host_, std::move(request.url), std::move(request.body), handshake_};
        call->loop = &loop_;
        call->callbacks = std::move(callbacks);
        auto line = std::make_unique<Line>(network_, call);
        if (muted_) return line;
        std::erase_if(network_.calls_, [](const auto& weak) { return weak.expired(); });
        network_.calls_.push_back(call);
        if (network_.is_cut(host_) || scene.fault(30)) {
            network_.break_line(call, network_.is_cut(host_) ? 15s : scene.within(0s, 25s));
            return line;
        }
        scene.after(network_.delay(), [this_ = &network_, call] { this_->deliver(call, true); });
        if (scene.fault(50))
            scene.after(network_.delay() + scene.within(0s, 40s),
                        [this_ = &network_, call] { this_->deliver(call, false); });
        return line;
    }

private:
    Network& network_;
    const int host_;
    os::Loop& loop_;
    const bool& muted_;
    Time handshake_;
};

std::unique_ptr<net::HttpClient> Network::connect(int host, os::Loop& loop, const bool& muted) {
    return std::make_unique<Client>(*this, host, loop, muted);
}

Duration Network::delay() {
    if (scene_.fault(80)) return scene_.within(1s, 20s);
    return scene_.within(1ms, 60ms);
}

void Network::deliver(const std::shared_ptr<Call>& call, bool answered) {
    if (is_cut(call->message.host)) return;
    if (!server_->alive()) return break_line(call, 1ms);
    if (answered) call->arrived = true;
    server_->take(call->message, [this, call, answered](Reply reply) {
        if (answered) answer(call, std::move(reply));
    });
}

void Network::answer(const std::shared_ptr<Call>& call, Reply reply) {
    if (is_cut(call->message.host) || scene_.fault(40)) return break_line(call, scene_.within(0s, 25s));
    scene_.after(delay(), [this, call, reply = std::move(reply)]() mutable {
        if (!call->open) return;
        if (is_cut(call->message.host)) return break_line(call, 25s);
        call->loop->post([call, reply = std::move(reply)]() mutable {
            if (!std::exchange(call->open, false)) return;
            net::Response response;
            response.status = reply.status;
            response.body = std::move(reply.body);
            call->callbacks.on_end(std::move(response));
        });
    });
}

void Network::break_line(const std::shared_ptr<Call>& call, Duration after) {
    scene_.after(after, [call] {
        if (!call->open) return;
        call->loop->post([call] {
            if (!std::exchange(call->open, false)) return;
            call->callbacks.on_end(fail(Code::unavailable, "the line is broken"));
        });
    });
}

void Network::cut(int host) {
    cut_.insert(host);
    for (const auto& weak : calls_)
        if (const auto call = weak.lock(); call && call->open && call->message.host == host)
            break_line(call, scene_.within(1s, 25s));
}

void Network::server_died() {
    for (const auto& weak : calls_)
        if (const auto call = weak.lock(); call && call->open && call->arrived)
            break_line(call, scene_.within(1ms, 2s));
}

}  // namespace slipway::sim
