#pragma once

#include <cstdint>

#include "platform/base/limits.h"
#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::blobs {

/// The file `reserve` of the state directory: space that nothing else can take, given back when the disk is full, so
/// that logins, cancels and outcomes still find room. One thread at a time; `state` outlives it.
class Reserve {
public:
    explicit Reserve(os::Directory& state, std::uint64_t bytes = limits::reserve_bytes)
        : state_(state), bytes_(bytes) {}

    /// Makes the file if it is missing or short and the disk has room for it twice, so that it is not taken from the
    /// very work it was given back for. Whether it is there now.
    Result<bool> make();
    /// Gives the space back. No error if it is gone already.
    Result<> release();

private:
    os::Directory& state_;
    std::uint64_t bytes_;
};

}  // namespace slipway::blobs
