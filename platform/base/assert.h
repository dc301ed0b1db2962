#pragma once

namespace slipway {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

/// Stays on in release builds. For what this program promises itself; never judges input.
#define ASSERT(expression) \
    ((expression) ? static_cast<void>(0) : ::slipway::assertion_failed(#expression, __FILE_NAME__, __LINE__))
