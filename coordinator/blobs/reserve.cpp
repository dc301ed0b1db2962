#include "coordinator/blobs/reserve.h"

#include "platform/base/crash_point.h"

namespace slipway::blobs {

namespace {

constexpr std::string_view file_name = "reserve";

}  // namespace

Result<bool> Reserve::make() {
    TRY_ASSIGN(const auto status, state_.status(file_name));
    if (status && status->size >= bytes_) return true;
    TRY_ASSIGN(const os::DiskSpace space, state_.space());
    if (space.free_bytes < 2 * bytes_) return false;
    TRY_ASSIGN(auto file, state_.open(file_name, {.access = os::Access::write, .create = os::Create::if_missing}));
    CRASH_POINT("blobs.reserve_before");
    if (const auto allocated = file->allocate(bytes_); !allocated) {
        TRY(release());
        return fail(allocated.error());
    }
    TRY(file->sync());
    TRY(state_.sync());
    CRASH_POINT("blobs.reserve_after");
    return true;
}

Result<> Reserve::release() {
    TRY_ASSIGN(const auto status, state_.status(file_name));
    if (!status) return {};
    CRASH_POINT("blobs.reserve_release_before");
    TRY(state_.remove(file_name));
    CRASH_POINT("blobs.reserve_release_after");
    return {};
}

}  // namespace slipway::blobs
