#pragma once

#include <memory>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/net/message.h"
#include "platform/net/proxy.h"
#include "platform/net/trust.h"
#include "platform/os/loop.h"

namespace slipway::net {

/// One request on its way. Destroying it cancels: no callback comes any more, the connection is closed unless the
/// answer was complete. May be destroyed inside its own callbacks and after its client.
class Exchange {
public:
    virtual ~Exchange() = default;
    /// After Flow::pause: the bytes come again in one of the next turns of the loop. Otherwise without effect.
    virtual void resume() = 0;
};

/// Sends requests. An interface, so that a simulation can carry messages by itself.
class HttpClient {
public:
    virtual ~HttpClient() = default;
    /// Never calls back before it has returned. Only in the loop's thread.
    [[nodiscard]] virtual std::unique_ptr<Exchange> send(Request request, Callbacks callbacks) = 0;
};

struct ClientOptions {
    TlsOptions tls = {};
    ProxySettings proxy = {};
    std::string user_agent = {};
    Duration keepalive = 30s;  ///< TCP probes on a silent line
};

/// HTTP/1.1 with keep-alive, no redirects, no cookies, no compression, TLS 1.2 or 1.3. Everything of a client happens
/// in `loop`'s thread; `loop` and `clock` outlive it. Do not destroy it inside a callback. A new certificate or other
/// trust means a new client. Names are resolved anew for each new connection. Code::invalid if certificates or the key
/// cannot be read or the proxy makes no sense.
Result<std::unique_ptr<HttpClient>> make_http_client(os::EventLoop& loop, Clock& clock, ClientOptions options);

}  // namespace slipway::net
