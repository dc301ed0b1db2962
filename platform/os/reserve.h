#pragma once

#include <cstdint>
#include <mutex>

#include "platform/base/limits.h"
#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::os {

/// The file `reserve` of a state directory: space that nothing else can take, given back when the disk is full, so that
/// what is small and matters (logins, cancels, outcomes) still finds room. Any thread; `state` outlives it and belongs
/// to it alone where more than one thread is about.
class Reserve {
public:
    explicit Reserve(Directory& state, std::uint64_t bytes = limits::reserve_bytes) : state_(state), bytes_(bytes) {}

    /// Makes the file if it is missing or short and the disk has room for it twice, so that it is not taken from the
    /// very work it was given back for. Whether it is there now.
    Result<bool> make();
    /// Gives the space back. Whether there was any; no error if it is gone already.
    Result<bool> release();
    /// The same, if less than an eighth of its size is free beside it: ahead of a write, so that it need not fail.
    Result<bool> release_if_low();

    /// Runs `write`; when the disk is full, gives the space back and runs it once more.
    template <typename Write>
    auto or_release(Write write) {
        auto written = write();
        if (written || written.error().code != Code::disk_full) return written;
        const auto released = release();
        return released && *released ? write() : written;
    }

    /// For what is large or can wait (logs, uploads, new jobs): Code::disk_full while the space was given back and its
    /// size is not free again.
    Result<> admit();

private:
    Directory& state_;
    const std::uint64_t bytes_;
    std::mutex mutex_;
    bool held_ = false;  ///< as this object left it; another process may have given it back
};

}  // namespace slipway::os
