#pragma once

#include <cstdint>

#include "platform/archive/format.h"
#include "platform/archive/limits.h"
#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::archive {

struct UnpackSummary {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  ///< content of all files
};

/// Unpacks `file` into `into`, which must be empty and nobody else's, and stays open. Called in a process of its own
/// (`slipway-agent unpack`), behind its sandbox. Every step goes through handles of folders that this call opened or
/// made itself; no link is followed, and symbolic links are made last. Modes become at most 0755 and 0644; owners,
/// extended attributes and access lists are not restored. After an error `into` holds any part of the tree: remove it.
Result<UnpackSummary> unpack(os::File& file, Format format, os::Directory& into, const UnpackLimits& limits);

}  // namespace slipway::archive
