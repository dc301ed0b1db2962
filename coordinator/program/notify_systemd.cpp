#include "coordinator/program/notify_systemd.h"

#include <cstdint>

#include <systemd/sd-daemon.h>

namespace slipway {

void notify_manager(const std::string& state) { sd_notify(0, state.c_str()); }

std::optional<Duration> watchdog_interval() {
    std::uint64_t us = 0;
    if (sd_watchdog_enabled(0, &us) <= 0 || us == 0) return std::nullopt;
    return Duration{static_cast<std::int64_t>(us)};
}

}  // namespace slipway
