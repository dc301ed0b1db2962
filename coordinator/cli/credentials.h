#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/cli/api.h"
#include "platform/os/files.h"
#include "platform/os/host.h"

namespace slipway::cli {

/// One coordinator that somebody logged in to.
struct Login {
    std::string token = {};
    std::string name = {};       ///< of the token
    std::string ca_pem = {};     ///< whom to trust: these authorities,
    std::string ca_sha256 = {};  ///< or the one with this digest, or the machine's list if both are empty
};

/// config.json: {"current": URL, "coordinators": {URL: {"token", "name", "ca_pem", "ca_sha256"}}}
struct Credentials {
    std::string current = {};
    std::map<std::string, Login> logins;  ///< by URL

    /// Empty if there is no file yet.
    static Result<Credentials> load(os::Files& files, const std::string& path);
    /// Durably, 0600, in directories that are made 0700.
    Result<> save(os::Files& files, const std::string& path) const;
};

/// What flags and the environment say beside the file; flags go before SLIPWAY_URL, SLIPWAY_TOKEN, SLIPWAY_CA and
/// SLIPWAY_CONFIG.
struct Settings {
    std::string config_path = {};
    std::string url = {};
    std::string token = {};
    std::string ca_path = {};
    std::string ca_sha256 = {};
    net::ProxySettings proxy = {};
};
Result<Settings> settings_from(const os::Environment& environment, Settings flags);

/// The URL as it is kept: https://HOST:PORT. Without a scheme it is https, and without a port too it is 8440. http is
/// only for this machine: a token must not cross a network in the clear.
Result<std::string> normal_url(std::string_view text);

/// Whom to believe, by a file of authorities, by a digest, or by the machine's list.
Result<net::Trust> trust_from(os::Files& files, const std::string& ca_path, const std::string& ca_sha256);

/// Not logged in: Code::unauthenticated.
Result<Endpoint> endpoint_from(os::Files& files, const Settings& settings, const Credentials& credentials);

}  // namespace slipway::cli
