#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/os/loop.h"
#include "tests/bench/load/answer.h"

struct ssl_ctx_st;

namespace slipway::bench {

/// An enrolled agent's name and key.
struct Identity {
    std::string agent;  ///< id
    std::string name;
    std::string certificate;  ///< PEM
    std::string key;          ///< PEM
};

/// TLS 1.3 as a client that trusts one CA.
class Tls {
public:
    static Result<std::shared_ptr<Tls>> open(const std::string& ca_file);
    ssl_ctx_st* context() const { return context_.get(); }

private:
    explicit Tls(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
    std::shared_ptr<ssl_ctx_st> context_;
};

struct Peer {
    std::shared_ptr<Tls> tls;
    std::uint16_t port = 0;
    /// Connects from 127.0.0.<2 + number % addresses>: one address has ports for 28,000 connections and, at the
    /// coordinator, 16 handshakes at once.
    unsigned number = 0;
    unsigned addresses = 16;
};

/// One HTTPS connection to 127.0.0.1 in the loop's thread; one request at a time. No function is called after its
/// destruction, and each may destroy it.
class Connection {
public:
    virtual ~Connection() = default;
    /// After `opened` said yes. `got` hears of the answer, or of the line's end (Code::unavailable).
    virtual void ask(std::string_view request, std::function<void(Result<Answer>)> got) = 0;
    virtual bool is_open() const = 0;
};

/// `identity` may be null; it outlives the connection's beginning only.
std::unique_ptr<Connection> connect(os::EventLoop& loop, const Peer& peer, const Identity* identity,
                                    std::function<void(Result<>)> opened);

struct RequestText {
    std::string_view method = "POST";
    std::string_view path;
    std::string_view type = "application/json";
    std::string_view more = {};  ///< header lines, each with its end
    std::string_view body = {};
};
std::string to_text(const RequestText& request);

}  // namespace slipway::bench
