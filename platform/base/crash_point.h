#pragma once

#include <array>

/// A named place beside a durable step, where the crash tests kill the program with SIGKILL. The release programs
/// hold neither the names nor a branch; the `crash` preset defines SLIPWAY_CRASH_POINTS.
/// SLIPWAY_CRASH_AT="name" or "name:N" kills at the first or N-th pass; SLIPWAY_CRASH_LOG=FILE gets a line for each
/// point when it is first passed. SLIPWAY_CLOCK_FILE is read by platform/os/clock.h.
#ifdef SLIPWAY_CRASH_POINTS
namespace slipway {
void crash_point(const char* name);
/// What programs hand down to those that they start, down to the tasks, whose environment is clean otherwise.
inline constexpr std::array<const char*, 3> crash_variables{"SLIPWAY_CRASH_AT", "SLIPWAY_CRASH_LOG",
                                                            "SLIPWAY_CLOCK_FILE"};
}  // namespace slipway
#define CRASH_POINT(name) ::slipway::crash_point(name)
#else
namespace slipway {
inline constexpr std::array<const char*, 0> crash_variables{};
}
#define CRASH_POINT(name) static_cast<void>(0)
#endif
