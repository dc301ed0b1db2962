#pragma once

#include <optional>
#include <string>

#include "platform/base/time.h"

namespace slipway {

/// sd_notify(3): tells the service manager what a service does; nothing when there is none. From any thread.
void notify_manager(const std::string& state);

/// How often the manager wants to hear WATCHDOG=1, if it watches.
std::optional<Duration> watchdog_interval();

}  // namespace slipway
