#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "platform/net/http_client.h"
#include "tests/sim/scene.h"

namespace slipway::sim {

/// A request as it reaches the coordinator.
struct Message {
    int host = 0;
    std::string path;
    std::string body;
    Time handshake;
};
struct Reply {
    int status = 200;
    std::string body;
};

class Server {
public:
    virtual ~Server() = default;
    virtual bool alive() const = 0;
    /// `reply` is called at most once, maybe much later.
    virtual void take(const Message& message, std::function<void(Reply)> reply) = 0;
    /// The peer of a parked poll has gone; `body` is what it had sent.
    virtual void line_closed(int host, const std::string& body) = 0;
};

/// Carries requests and answers: loses, doubles, reorders and delays them while the scene has faults, and passes
/// nothing for a host that is cut off.
class Network {
public:
    explicit Network(Scene& scene) : scene_(scene) {}

    void serve(Server& server) { server_ = &server; }
    /// For one run of a host's link. `loop` outlives it; `muted`: nothing leaves any more (the process is dying).
    std::unique_ptr<net::HttpClient> connect(int host, os::Loop& loop, const bool& muted);

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
    void break_line(const std::shared_ptr<Call>& call, Duration after);
    Duration delay();

    Scene& scene_;
    Server* server_ = nullptr;
    std::set<int> cut_;
    std::vector<std::weak_ptr<Call>> calls_;
};

}  // namespace slipway::sim
