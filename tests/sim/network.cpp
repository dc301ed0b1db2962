#include "tests/sim/network.h"

#include <charconv>

#include "platform/wire/protocol.h"

namespace slipway::sim {
namespace {

std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

Message to_message(const Peer& peer, net::Request&& request, Steady handshake) {
    Message message{peer, std::move(request.url), std::move(request.body), {}, 0, handshake};
    for (const net::Header& header : request.headers) {
        if (header.name == wire::upload_offset_header) message.upload_offset = number_in(header.value);
        if (header.name == "Range")
            message.range_begin = number_in(std::string_view(header.value).substr(6));  // "bytes="
    }
    return message;
}

net::Response to_response(Reply&& reply, Time date) {
    net::Response response;
    response.status = reply.status;
    response.body = std::move(reply.body);
    for (net::Header& header : reply.headers) response.headers.add(std::move(header.name), std::move(header.value));
    response.headers.add("Date", to_http_date(date));
    return response;
}

}  // namespace

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
        if (network_.is_cut(call_->message.peer.host) || !call_->message.path.ends_with(wire::poll_path)) return;
        network_.scene_.after(network_.delay(), [&network = network_, message = call_->message] {
            if (network.server_->alive()) network.server_->line_closed(message);
        });
    }
    void resume() override {}

private:
    Network& network_;
    std::shared_ptr<Call> call_;
};

class Network::Client final : public net::HttpClient {
public:
    Client(Network& network, Peer peer, os::Loop& loop, const bool& muted)
        : network_(network), peer_(std::move(peer)), loop_(loop), muted_(muted) {}

    std::unique_ptr<net::Exchange> send(net::Request request, net::Callbacks callbacks) override {
        Scene& scene = network_.scene_;
        // A kept connection or a new one.
        if (scene.chance(100) || server_life_ != network_.server_life_) {
            handshake_ = scene.now();
            server_life_ = network_.server_life_;
        }
        auto call = std::make_shared<Call>();
        call->message = to_message(peer_, std::move(request), handshake_);
        call->loop = &loop_;
        call->callbacks = std::move(callbacks);
        auto line = std::make_unique<Line>(network_, call);
        if (muted_) return line;
        std::erase_if(network_.calls_, [](const auto& weak) { return weak.expired(); });
        network_.calls_.push_back(call);
        const bool cut = network_.is_cut(peer_.host);
        if (cut || scene.fault(Kind::request_lost, 30)) {
            network_.break_line(call, cut ? 15s : scene.within(0s, 25s));
            return line;
        }
        scene.after(network_.delay(), [this_ = &network_, call] { this_->deliver(call, true); });
        if (scene.fault(Kind::request_doubled, 50))
            scene.after(network_.delay() + scene.within(0s, 40s),
                        [this_ = &network_, call] { this_->deliver(call, false); });
        return line;
    }

private:
    Network& network_;
    const Peer peer_;
    os::Loop& loop_;
    const bool& muted_;
    Steady handshake_;
    int server_life_ = -1;
};

std::unique_ptr<net::HttpClient> Network::connect(Peer peer, os::Loop& loop, const bool& muted) {
    return std::make_unique<Client>(*this, std::move(peer), loop, muted);
}

Duration Network::delay() {
    if (scene_.fault(Kind::message_late, 80)) return scene_.within(1s, 20s);
    return scene_.within(1ms, 60ms);
}

void Network::deliver(const std::shared_ptr<Call>& call, bool answered) {
    if (is_cut(call->message.peer.host)) return;
    if (!server_->alive()) return break_line(call, 1ms);
    if (answered) call->arrived = true;
    server_->take(call->message, [this, call, answered](Reply reply) {
        if (answered) answer(call, std::move(reply));
    });
}

void Network::answer(const std::shared_ptr<Call>& call, Reply reply) {
    const int host = call->message.peer.host;
    if (is_cut(host) || scene_.fault(Kind::answer_lost, 40)) return break_line(call, scene_.within(0s, 25s));
    scene_.after(delay(), [this, call, host, reply = std::move(reply)]() mutable {
        if (!call->open) return;
        if (is_cut(host)) return break_line(call, 25s);
        if (call->callbacks.on_data) return stream(call, reply);
        call->loop->post([call, response = to_response(std::move(reply), server_->wall())]() mutable {
            if (!call->open) return;
            if (call->callbacks.on_head) call->callbacks.on_head(response);
            if (!std::exchange(call->open, false)) return;
            call->callbacks.on_end(std::move(response));
        });
    });
}

/// A body in two pieces, of which the second may be missing, and the first not what was sent.
void Network::stream(const std::shared_ptr<Call>& call, const Reply& reply) {
    Reply sent = reply;
    const bool is_blob = reply.status == 200 || reply.status == 206;
    if (is_blob && !sent.body.empty() && scene_.fault(Kind::blob_damaged, 150))
        sent.body[static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(sent.body.size()) - 1))] ^= 1;
    const bool whole = !is_blob || !scene_.fault(Kind::blob_cut_short, 250);
    const auto half = static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(sent.body.size())));
    call->loop->post([call, whole, half, response = to_response(std::move(sent), server_->wall())]() mutable {
        const std::string body = std::exchange(response.body, {});
        if (call->open && call->callbacks.on_head) call->callbacks.on_head(response);
        for (const std::string_view piece :
             {std::string_view(body).substr(0, half), std::string_view(body).substr(half)}) {
            if (!call->open || piece.empty()) continue;
            const auto flow = call->callbacks.on_data(piece);
            if (!flow) {
                if (std::exchange(call->open, false)) call->callbacks.on_end(fail(flow.error()));
                return;
            }
            if (!whole) break;
        }
        if (!std::exchange(call->open, false)) return;
        if (whole)
            call->callbacks.on_end(std::move(response));
        else
            call->callbacks.on_end(fail(Code::unavailable, "the line is broken"));
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
        if (const auto call = weak.lock(); call && call->open && call->message.peer.host == host)
            break_line(call, scene_.within(1s, 25s));
}

void Network::server_died() {
    ++server_life_;
    for (const auto& weak : calls_)
        if (const auto call = weak.lock(); call && call->open && call->arrived)
            break_line(call, scene_.within(1ms, 2s));
}

}  // namespace slipway::sim
