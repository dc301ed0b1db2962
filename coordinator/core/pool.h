#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "platform/base/time.h"

namespace slipway::core {

/// Rows carry a `row` number, their key in the store (0: not yet stored), and where they leave the program, a UUIDv7.
struct Pool {
    std::int64_t row = 0;
    std::string name;
    Time created;
    std::optional<Time> deleted;  ///< its ended jobs go on naming it
};

}  // namespace slipway::core
