#include <algorithm>
#include <csignal>
#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "coordinator/http/beast_connection.h"
#include "coordinator/http/beast_core.h"
#include "coordinator/http/server.h"

namespace slipway::http {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

constexpr int backlog = 4096;
constexpr Duration accept_retry = 100ms;  // after running out of descriptors

struct Listening {
    Port port;
    Acceptor acceptor;
    std::shared_ptr<StreamFactory> streams;
    bool accepting = false;
};

/// A connection that waits until its address may begin one more handshake.
struct Waiting {
    std::shared_ptr<Listening> listening;
    Socket socket;
};

struct PerAddress {
    std::size_t handshakes = 0;
    std::size_t strangers = 0;
    std::deque<Waiting> waiting;
};

class AsioServer final : public Server, private Core {
public:
    AsioServer(const ServerParts& given, Router table, const ServerOptions& wanted)
        : Core(given, std::move(table), wanted) {}

    ~AsioServer() override {
        stop_now();
        Core::loop->context().restart();
        Core::loop->context().poll();
        Core::loop->close();
    }

    Result<Address> listen(Port port, const Address& address, std::shared_ptr<StreamFactory> security) override;
    os::Loop& loop() override { return *Core::loop; }
    void look_at_clock() override { Core::loop->look_at_clock(); }

    void run() override {
        // OpenSSL writes with write(2): a peer that is gone must be an error, not a signal.
        std::signal(SIGPIPE, SIG_IGN);
        Core::loop->run();
    }

    void drain(Duration grace) override {
        Core::loop->post([this, grace] { drain_now(grace); });
    }
    void stop() override {
        Core::loop->post([this] { stop_now(); });
    }
    void close_agent(std::string_view agent_id) override {
        for (const auto& connection : all())
            if (connection->certificate() && connection->certificate()->agent_id == agent_id) connection->close();
    }

private:
    void handshake_ended(Connection& connection) override;
    void became_known(Connection& connection) override;
    void ended(Connection& connection) override;
    bool may_stay(const Connection& connection) override;

    Result<std::shared_ptr<Listening>> open(Port port, const Address& address, std::shared_ptr<StreamFactory> security);
    void accept(const std::shared_ptr<Listening>& listening);
    void take(const std::shared_ptr<Listening>& listening, Socket socket);
    void begin(const std::shared_ptr<Listening>& listening, Socket socket, const std::string& address);
    void refuse(Port port) { figures_of(port).refused->add(); }
    void forget_if_empty(const std::string& address);
    void drain_now(Duration grace);
    void stop_now();
    void close_listeners();
    void end_if_empty();
    std::vector<std::shared_ptr<Connection>> all() const;

    std::shared_ptr<Listening> listening_[2];
    Address addresses_[2];
    std::unordered_map<std::string, PerAddress> addresses_of_peers_;
    std::unordered_set<Connection*> connections_;
    std::size_t handshakes_ = 0;
    std::size_t waiting_ = 0;
    os::Handle retry_;
    os::Handle grace_;
    bool draining_ = false;
};

std::string text_of(const asio::ip::address& address) {
    // An IPv4 peer of an IPv6 socket is the same peer.
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

Result<std::shared_ptr<Listening>> AsioServer::open(Port port, const Address& address,
                                                    std::shared_ptr<StreamFactory> security) {
    boost::system::error_code error;
    const auto refuse = [&] {
        return fail(Code::io, "cannot listen on " + to_string(address) + ": " + error.message());
    };
    const asio::ip::address numeric = asio::ip::make_address(address.host, error);
    if (error) return refuse();
    const asio::ip::tcp::endpoint endpoint(numeric, address.port);
    auto listening = std::make_shared<Listening>(Listening{port, Acceptor(Core::loop->context()), std::move(security)});
    Acceptor& acceptor = listening->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(backlog, error);
    if (error) return refuse();
    return listening;
}

Result<Address> AsioServer::listen(Port port, const Address& address, std::shared_ptr<StreamFactory> security) {
    const auto index = static_cast<std::size_t>(port);
    const std::shared_ptr<Listening> before = listening_[index];
    boost::system::error_code ignored;
    // The old socket may cover the new address: it closes first, and opens again if the new one cannot be had.
    if (before) before->acceptor.close(ignored);
    auto opened = open(port, address, security);
    if (!opened) {
        if (before) {
            auto again = open(port, addresses_[index], before->streams);
            if (!again) return fail(std::move(again).error().within(opened.error().message + "; and then"));
            listening_[index] = *again;
            accept(*again);
        }
        return fail(std::move(opened).error());
    }
    listening_[index] = *opened;
    addresses_[index] = {address.host, (*opened)->acceptor.local_endpoint(ignored).port()};
    accept(*opened);
    return addresses_[index];
}

/// Accepts one connection at a time while there is room for one more handshake: the rest waits in the kernel.
void AsioServer::accept(const std::shared_ptr<Listening>& listening) {
    if (listening->accepting || !listening->acceptor.is_open()) return;
    if (handshakes_ >= options.handshakes_max || connections_.size() + waiting_ >= options.connections_max) return;
    listening->accepting = true;
    listening->acceptor.async_accept([this, listening](const boost::system::error_code& error, Socket socket) {
        listening->accepting = false;
        if (!listening->acceptor.is_open()) return;
        if (!error) {
            take(listening, std::move(socket));
        } else if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
                   error == asio::error::no_memory || error.value() == ENFILE) {
            parts.logger.warning("no connection can be accepted", {{"reason", error.message()}});
            retry_ = Core::loop->after(accept_retry, [this] {
                for (const auto& one : listening_)
                    if (one) accept(one);
            });
            return;
        }
        accept(listening);
    });
}

void AsioServer::take(const std::shared_ptr<Listening>& listening, Socket socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return;  // gone already
    const std::string address = text_of(endpoint.address());
    PerAddress& peer = addresses_of_peers_[address];
    if (peer.handshakes < options.handshakes_per_address_max) return begin(listening, std::move(socket), address);
    if (listening->port == Port::user && peer.waiting.size() >= options.strangers_per_address_max)
        return refuse(listening->port);
    peer.waiting.push_back({listening, std::move(socket)});
    ++waiting_;
}

void AsioServer::begin(const std::shared_ptr<Listening>& listening, Socket socket, const std::string& address) {
    auto stream = listening->streams->make(socket.native_handle());
    if (!stream) {
        parts.logger.warning("a connection cannot be served", {{"reason", stream.error().message}});
        return forget_if_empty(address);
    }
    ++addresses_of_peers_[address].handshakes;
    ++handshakes_;
    figures_of(listening->port).connections->add(1);
    const auto connection =
        std::make_shared<Connection>(static_cast<Core&>(*this), std::move(socket), std::move(*stream),
                                     Connection::Origin{listening->port, address, listening->streams->is_secure()});
    connections_.insert(connection.get());
    connection->start();
}

void AsioServer::handshake_ended(Connection& connection) {
    const std::string& address = connection.origin().address;
    PerAddress& peer = addresses_of_peers_[address];
    --peer.handshakes;
    --handshakes_;
    if (!connection.is_known()) ++peer.strangers;
    if (!peer.waiting.empty() && !draining_) {
        Waiting next = std::move(peer.waiting.front());
        peer.waiting.pop_front();
        --waiting_;
        begin(next.listening, std::move(next.socket), address);
    }
    for (const auto& listening : listening_)
        if (listening) accept(listening);
}

void AsioServer::became_known(Connection& connection) { --addresses_of_peers_[connection.origin().address].strangers; }

bool AsioServer::may_stay(const Connection& connection) {
    if (connection.is_known() || connection.origin().port == Port::agent) return true;
    if (addresses_of_peers_[connection.origin().address].strangers <= options.strangers_per_address_max) return true;
    refuse(connection.origin().port);
    return false;
}

void AsioServer::ended(Connection& connection) {
    connections_.erase(&connection);
    figures_of(connection.origin().port).connections->add(-1);
    PerAddress& peer = addresses_of_peers_[connection.origin().address];
    if (!connection.is_known()) --peer.strangers;
    forget_if_empty(connection.origin().address);
    for (const auto& listening : listening_)
        if (listening) accept(listening);
    end_if_empty();
}

void AsioServer::forget_if_empty(const std::string& address) {
    const auto found = addresses_of_peers_.find(address);
    if (found == addresses_of_peers_.end()) return;
    const PerAddress& peer = found->second;
    if (peer.handshakes == 0 && peer.strangers == 0 && peer.waiting.empty()) addresses_of_peers_.erase(found);
}

std::vector<std::shared_ptr<Connection>> AsioServer::all() const {
    std::vector<std::shared_ptr<Connection>> connections;
    connections.reserve(connections_.size());
    for (Connection* connection : connections_) connections.push_back(connection->shared_from_this());
    return connections;
}

void AsioServer::close_listeners() {
    draining_ = true;
    boost::system::error_code ignored;
    for (auto& listening : listening_)
        if (listening) listening->acceptor.close(ignored);
    for (auto& [address, peer] : addresses_of_peers_) {
        waiting_ -= peer.waiting.size();
        peer.waiting.clear();
    }
}

void AsioServer::drain_now(Duration grace) {
    close_listeners();
    for (const auto& connection : all()) connection->drain();
    grace_ = Core::loop->after(grace, [this] { stop_now(); });
    end_if_empty();
}

void AsioServer::stop_now() {
    close_listeners();
    for (const auto& connection : all()) connection->close();
    end_if_empty();
}

void AsioServer::end_if_empty() {
    if (draining_ && connections_.empty()) Core::loop->stop();
}

}  // namespace

std::unique_ptr<Server> make_server(const ServerParts& parts, Router router, const ServerOptions& options) {
    return std::make_unique<AsioServer>(parts, std::move(router), options);
}

}  // namespace slipway::http
