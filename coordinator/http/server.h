#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "coordinator/http/address.h"
#include "coordinator/http/authenticator.h"
#include "coordinator/http/metrics.h"
#include "coordinator/http/router.h"
#include "coordinator/http/stream.h"
#include "coordinator/http/workers.h"
#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/base/logger.h"
#include "platform/base/time.h"
#include "platform/os/loop.h"

namespace slipway::http {

/// Every time and size that the server goes by; tests make them short.
struct ServerOptions {
    Duration handshake = 5s;
    Duration header = 10s;                 ///< from a request's first byte to the end of its header
    Duration idle = 75s;                   ///< between requests
    Duration transfer_grace = 30s;         ///< a peer may be silent or slow for this long beyond what the rate allows
    std::size_t transfer_rate_min = 1024;  ///< bytes per second of a body, either way
    Duration beat = 10s;                   ///< of a parked request
    Duration comment = 15s;                ///< of an event stream
    Duration linger = 1s;                  ///< reading what a refused peer still sends, so that it can read the refusal
    Duration drain_answer = 500ms;         ///< for parked handlers to answer when the server drains
    Duration tick = 100ms;                 ///< how exact all of these are
    std::size_t handshakes_max = limits::handshakes_max;
    std::size_t handshakes_per_address_max = limits::handshakes_per_address_max;
    std::size_t connections_max = 19'000;
    std::size_t strangers_per_address_max = 512;  ///< user port: connections of one address not yet authenticated
    std::size_t event_buffer_bytes_max = 256 * 1024;
    std::size_t piece_bytes_max = 256 * 1024;  ///< of uploads and of files on their way out
};

/// What the server works with; all outlive it. `workers` read the files of responses.
struct ServerParts {
    Clock& clock;
    Random& random;
    Authenticator& authenticator;
    Metrics& metrics;
    Logger& logger;
    Workers& workers;
};

/// The coordinator's network: one loop, one thread.
class Server {
public:
    virtual ~Server() = default;

    /// Opens the port at `address`, replacing where it listened before; its connections stay. `security` makes the TLS
    /// streams; without it the port speaks plain HTTP (tests). Before run() or on the loop's thread. The result holds
    /// the real port number.
    virtual Result<Address> listen(Port port, const Address& address, std::shared_ptr<StreamFactory> security) = 0;

    /// The loop of this thread, for whoever needs timers or must come back to it.
    virtual os::Loop& loop() = 0;

    /// Serves until stop() or until a drain has ended. Call once.
    virtual void run() = 0;

    /// From any thread: stops accepting, closes idle connections, lets requests finish, tells parked handlers; after
    /// `grace` closes what is left. Then run() returns.
    virtual void drain(Duration grace) = 0;
    virtual void stop() = 0;  ///< from any thread; at once

    /// From any thread: the clock did not go on by itself, all timers are to be looked at again.
    virtual void look_at_clock() = 0;

    /// Closes every connection of this agent, in this turn. On the loop's thread.
    virtual void close_agent(std::string_view agent_id) = 0;
};

std::unique_ptr<Server> make_server(const ServerParts& parts, Router router, const ServerOptions& options = {});

}  // namespace slipway::http
