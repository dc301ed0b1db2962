#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/host.h"

namespace slipway::os {

/// Whoever started this program as a service: told how it is by sd_notify(3)'s protocol. Every call does nothing when
/// nobody asked for it. May be called from any thread.
class ServiceManager {
public:
    virtual ~ServiceManager() = default;
    virtual Result<> ready() = 0;                          ///< READY=1
    virtual Result<> stopping() = 0;                       ///< STOPPING=1
    virtual Result<> alive() = 0;                          ///< WATCHDOG=1
    virtual Result<> describe(std::string_view text) = 0;  ///< STATUS=...; one line
    /// alive() is expected in every such period, better twice in it; nothing if no watchdog runs.
    virtual std::optional<Duration> watchdog_period() const = 0;
};

/// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
Result<std::unique_ptr<ServiceManager>> make_service_manager(const Environment& environment);

}  // namespace slipway::os
