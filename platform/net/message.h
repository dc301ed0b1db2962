#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/limits.h"
#include "platform/base/result.h"
#include "platform/base/time.h"

namespace slipway::net {

enum class Method { get, head, post, put, patch, remove };  ///< `remove` is DELETE

/// Each channel has its own connections: an order or a cancel never waits behind a log or an artifact.
enum class Channel { control, log, artifact };

struct Header {
    std::string name;
    std::string value;
};

class Headers {
public:
    void add(std::string name, std::string value) { all_.push_back({std::move(name), std::move(value)}); }
    /// The first of this name, in any case of letters.
    std::optional<std::string_view> get(std::string_view name) const;
    /// Seconds or a date (RFC 9110 section 10.2.3); `now` is for the date. Nothing if there is none or it is not
    /// understood.
    std::optional<Duration> retry_after(Time now) const;
    std::optional<Time> date() const;
    const std::vector<Header>& all() const { return all_; }

private:
    std::vector<Header> all_;
};

/// A request's body that is read piece by piece while it is sent. Called in the loop's thread.
class BodySource {
public:
    virtual ~BodySource() = default;
    virtual std::uint64_t length() const = 0;
    /// Fills a front part of `out`; at least one byte until length() bytes were given. An error ends the exchange with
    /// it.
    virtual Result<std::size_t> read(std::span<char> out) = 0;
    /// Starts again at the first byte: a kept connection turned out to be dead.
    virtual Result<> rewind() = 0;
};

struct Timeouts {
    Duration connect = 15s;                 ///< name, TCP, proxy and TLS together
    std::optional<Duration> whole = {};     ///< from send() to the last byte
    std::optional<Duration> silence = 25s;  ///< no byte in either direction for so long, from send() on
};

struct Request {
    Method method = Method::get;
    std::string url;  ///< http or https
    std::vector<Header> headers = {};
    std::string body = {};
    std::unique_ptr<BodySource> source = {};  ///< instead of `body`
    Timeouts timeouts = {};
    std::size_t body_bytes_max = limits::json_bytes_max;  ///< of a collected answer: more is Code::limit
    Channel channel = Channel::control;
};

struct Response {
    int status = 0;  ///< any: 4xx and 5xx are answers, not errors
    Headers headers;
    std::string body;  ///< empty if it was streamed
};

enum class Flow {
    go_on,
    pause,  ///< these bytes were not taken: they come again after Exchange::resume(). The server is slowed down.
};

/// All are called in the loop's thread, and none after the exchange was destroyed or on_end was called. Each may
/// destroy its own exchange and send new requests.
struct Callbacks {
    /// Once, when status and headers are complete (without body). Optional.
    std::function<void(const Response& head)> on_head = {};
    /// Pieces of the body of any status as they come; an error ends the exchange with it. Without it the body is
    /// collected.
    std::function<Result<Flow>(std::string_view bytes)> on_data = {};
    /// Once. Errors: Code::unavailable (name, connection, broken line, a proxy that cannot), timed_out, limit,
    /// unauthenticated (the server refused our certificate), forbidden (we refused the server's, or the proxy refused
    /// us), invalid (the request), and what `source` or `on_data` returned.
    std::function<void(Result<Response>)> on_end;
};

}  // namespace slipway::net
