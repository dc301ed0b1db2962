#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/host.h"

namespace slipway::os {

/// What a service says to the manager that started it, as in sd_notify(3): datagrams to the socket that NOTIFY_SOCKET
/// names. Without such a manager nothing is said. Any thread, one at a time.
class Notifier {
public:
    virtual ~Notifier() = default;
    /// "READY=1", "STATUS=...", "WATCHDOG=1"; several lines in one call stay together. Never blocks; one that is lost
    /// is lost.
    virtual void say(std::string_view lines) = 0;
    /// The manager ends a service that is silent for so long (WATCHDOG_USEC); nothing if it does not watch this
    /// process.
    virtual std::optional<Duration> watchdog() const = 0;
};

/// Code::invalid if NOTIFY_SOCKET is neither an absolute path nor an abstract name ("@...").
Result<std::unique_ptr<Notifier>> make_notifier(const Environment& environment);

}  // namespace slipway::os
