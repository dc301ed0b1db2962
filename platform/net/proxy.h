#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/net/url.h"

namespace slipway::net {

/// As http_proxy, https_proxy and no_proxy are commonly written. Values: the environment is read by main(), if at all.
struct ProxySettings {
    std::string http_proxy;   ///< for http URLs: "http://[user:password@]host:port" or "host:port"
    std::string https_proxy;  ///< for https URLs (CONNECT)
    std::string no_proxy;     ///< "localhost, .example.com, 10.0.0.7, *"
};

struct Proxy {
    std::string host;
    std::uint16_t port = 0;
    std::string user;  ///< decoded; empty: no authentication
    std::string password;
};

/// The proxy for this URL, or none. An entry of no_proxy fits the host itself and everything below it (`example.com`
/// and
/// `.example.com` alike), an address fits only itself, `*` fits all. Messages never repeat a password.
Result<std::optional<Proxy>> proxy_for(const Url& url, const ProxySettings& settings);

}  // namespace slipway::net
