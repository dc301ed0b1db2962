#pragma once

#include "platform/base/limits.h"

namespace slipway::archive {

/// What one archive may ask for. The defaults are those of platform/base/limits.h.
struct UnpackLimits {
    std::uint64_t entries_max = limits::archive_entries_max;  ///< folders that no entry names count too
    std::uint64_t bytes_max = limits::archive_bytes_max;      ///< of all files together, as declared and as written
    std::uint64_t ratio_max = limits::archive_ratio_max;      ///< unpacked bytes for one packed byte ...
    std::uint64_t ratio_free_bytes = limits::archive_ratio_free_bytes;  ///< ... once there are more than these
    std::size_t depth_max = limits::archive_depth_max;
    std::size_t name_bytes_max = limits::archive_name_bytes_max;
    std::size_t names_bytes_max = limits::archive_names_bytes_max;  ///< all names and link targets together
};

}  // namespace slipway::archive
