#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "agent/cli/arguments.h"
#include "platform/base/limits.h"
#include "platform/base/logger.h"
#include "platform/base/result.h"
#include "platform/net/proxy.h"
#include "platform/os/files.h"
#include "platform/os/host.h"

namespace slipway::cli {

/// What the agent is told by its operator. The file (default /etc/slipway/agent.yaml) has the same names:
///     state: /var/lib/slipway-agent
///     slots: 1                          # 1 to 64: how many attempts run at once
///     tags: { region: eu-west, dmz: }   # user tags, told as capabilities
///     cache_bytes: 10737418240          # of fetched artifacts
///     https_proxy: http://user:password@proxy:3128
///     no_proxy: localhost, .example.com
///     log_level: info                   # debug, info, warning or error
///     log_format: text                  # or json
/// An option goes before a variable SLIPWAY_AGENT_<NAME>, that before the file, that before the default. Without
/// `https_proxy` of ours, https_proxy and no_proxy of the environment count.
struct Configuration {
    std::string state = "/var/lib/slipway-agent";
    int slots = 1;
    std::map<std::string, std::string> tags;
    std::uint64_t cache_bytes = limits::agent_cache_bytes_max;
    net::ProxySettings proxy;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
};

/// The options that read_configuration knows.
inline constexpr std::string_view configuration_options[] = {"--state", "--config", "--slots", "--log-level",
                                                             "--log-format"};

/// Code::invalid names file, line and column, or the option or variable. Unknown names in the file are refused.
Result<Configuration> read_configuration(const Arguments& arguments, const os::Environment& environment,
                                         os::Files& files);

}  // namespace slipway::cli
