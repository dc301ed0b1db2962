#pragma once

/// A named place beside a durable step, where the crash tests kill the program with SIGKILL. The release programs
/// hold neither the names nor a branch; the `crash` preset defines SLIPWAY_CRASH_POINTS.
/// SLIPWAY_CRASH_AT="name" or "name:N" kills at the first or N-th pass; SLIPWAY_CRASH_LOG=FILE gets a line for each
/// point when it is first passed.
#ifdef SLIPWAY_CRASH_POINTS
namespace slipway {
void crash_point(const char* name);
}
#define CRASH_POINT(name) ::slipway::crash_point(name)
#else
#define CRASH_POINT(name) static_cast<void>(0)
#endif
