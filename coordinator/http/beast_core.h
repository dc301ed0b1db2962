#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/http/beast_loop.h"
#include "coordinator/http/metrics.h"
#include "coordinator/http/router.h"
#include "coordinator/http/server.h"

namespace slipway::http {

using Executor = boost::asio::io_context::executor_type;
template <typename T>
using Awaitable = boost::asio::awaitable<T, Executor>;
inline constexpr boost::asio::use_awaitable_t<Executor> use_awaitable{};
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

class Connection;

/// What all connections of a server share. The loop's thread only, but for what is said to be for any.
struct Core {
    Core(const ServerParts& given, Router table, const ServerOptions& wanted);
    virtual ~Core() = default;

    /// A connection tells how it goes; the server keeps count of these per address.
    virtual void handshake_ended(Connection& connection) = 0;
    virtual void became_known(Connection& connection) = 0;  ///< its first authenticated request
    virtual void ended(Connection& connection) = 0;
    /// Whether one more connection of this address may stay without having authenticated.
    virtual bool may_stay(const Connection& connection) = 0;

    std::string_view date();                             ///< made once a second
    std::string request_id(std::uint64_t number) const;  ///< unique among all starts of all coordinators

    ServerParts parts;
    Router router;
    const ServerOptions options;
    std::shared_ptr<AsioLoop> loop;
    std::vector<char> scratch;  ///< what was read and not yet looked at; nobody's across a suspension
    std::uint64_t requests = 0;
    std::uint64_t connections_made = 0;

    struct PortFigures {
        Counter* by_class[6] = {};  ///< answers by the first digit of their status
        Histogram* seconds = nullptr;
        Gauge* connections = nullptr;
        Gauge* parked = nullptr;
        Counter* handshakes_failed = nullptr;
        Counter* refused = nullptr;  ///< connections closed at once: too many
    };
    PortFigures figures[2];
    PortFigures& figures_of(Port port) { return figures[static_cast<std::size_t>(port)]; }

private:
    std::string start_id_;
    std::int64_t date_second_ = -1;
    std::string date_;
};

}  // namespace slipway::http
