#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/http/address.h"
#include "platform/base/logger.h"
#include "platform/base/result.h"
#include "platform/os/host.h"

namespace slipway {

/// How `slipway-coordinator serve` runs. A flag goes before SLIPWAY_*, that before the file, that before the default.
struct Configuration {
    std::string state = "/var/lib/slipway";
    http::Address user_listen{"0.0.0.0", 8440};
    http::Address agent_listen{"0.0.0.0", 8441};
    std::vector<std::string> names;  ///< beside the host's own; the first stands in printed URLs
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
};

/// What flags gave; absent ones are std::nullopt.
struct Flags {
    std::optional<std::string> state;
    std::optional<std::string> file;
    std::optional<std::string> user_listen;
    std::optional<std::string> agent_listen;
};

/// `file_text` is the configuration file's content, read by the caller; keys that are not known are refused with line
/// and column.
Result<Configuration> read_configuration(const Flags& flags, const os::Environment& environment,
                                         const std::optional<std::string>& file_text, const std::string& file_name);

/// Every name that the server's certificate carries, without repetition: the configured ones, the host's, loopback's.
std::vector<std::string> certificate_names(const Configuration& configuration, const std::string& host_name);

}  // namespace slipway
