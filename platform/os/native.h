#pragma once

#include <cstdint>

namespace slipway::os {

/// What the operating system calls an open thing: a file descriptor, or a HANDLE.
using Native = std::intptr_t;

}  // namespace slipway::os
