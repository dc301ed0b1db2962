#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/net/http_client.h"
#include "tests/sim/scene.h"

namespace slipway::sim {

/// Whom the coordinator sees behind a line.
struct Peer {
    int host = 0;
    std::string agent;  ///< id
    std::string serial;
    Time expires;
};

/// A request as it reaches the coordinator.
struct Message {
    Peer peer;
    std::string path;  ///< with its query
    std::string body;
    std::optional<std::int64_t> upload_offset;
    std::int64_t range_begin = 0;
    Steady handshake;
};
struct Reply {
    int status = 200;
    std::string body;
    std::vector<net::Header> headers = {};
};

class Server {
public:
    virtual ~Server() = default;
    virtual bool alive() const = 0;
    virtual Time wall() const = 0;
    /// `reply` is called at most once, maybe much later.
    virtual void take(const Message& message, std::function<void(Reply)> reply) = 0;
    /// The peer of a parked poll has gone; `message` is what it had sent.
    virtual void line_closed(const Message& message) = 0;
};

/// Carries requests and answers: loses, doubles, reorders and delays them while the scene has faults, cuts the bodies
/// of blobs short and damages them, and passes nothing for a host that is cut off.
class Network {
public:
    explicit Network(Scene& scene) : scene_(scene) {}

    void serve(Server& server) { server_ = &server; }
    /// For one run of a host's link. `loop` outlives it; `muted`: nothing leaves any more (the process is dying).
    std::unique_ptr<net::HttpClient> connect(Peer peer, os::Loop& loop, const bool& muted);

    void cut(int host);
    void heal(int host) { cut_.erase(host); }
    bool is_cut(int host) const { return cut_.contains(host); }
    /// Whoever waits for an answer learns that the line is broken.
    void server_died();

    struct Call;

private:
    class Client;
    class Line;
    void deliver(const std::shared_ptr<Call>& call, bool answered);
    void answer(const std::shared_ptr<Call>& call, Reply reply);
    void stream(const std::shared_ptr<Call>& call, const Reply& reply);
    void break_line(const std::shared_ptr<Call>& call, Duration after);
    Duration delay();

    Scene& scene_;
    Server* server_ = nullptr;
    int server_life_ = 0;
    std::set<int> cut_;
    std::vector<std::weak_ptr<Call>> calls_;
};

}  // namespace slipway::sim
