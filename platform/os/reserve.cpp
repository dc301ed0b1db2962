#include "platform/os/reserve.h"

#include <string>

#include "platform/base/crash_point.h"

namespace slipway::os {
namespace {

constexpr std::string_view file_name = "reserve";
constexpr std::uint64_t low_part = 8;

Result<bool> remove_file(Directory& state) {
    TRY_ASSIGN(const auto status, state.status(file_name));
    if (!status) return false;
    CRASH_POINT("reserve.release_before");
    TRY(state.remove(file_name));
    CRASH_POINT("reserve.release_after");
    return true;
}

}  // namespace

Result<bool> Reserve::make() {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const auto status, state_.status(file_name));
    held_ = status && status->size >= bytes_;
    if (held_) return true;
    TRY_ASSIGN(const DiskSpace space, state_.space());
    if (space.free_bytes < 2 * bytes_) return false;
    TRY_ASSIGN(auto file, state_.open(file_name, {.access = Access::write, .create = Create::if_missing}));
    CRASH_POINT("reserve.make_before");
    if (const auto allocated = file->allocate(bytes_); !allocated) {
        TRY(remove_file(state_));
        return fail(allocated.error());
    }
    TRY(file->sync());
    TRY(state_.sync());
    CRASH_POINT("reserve.make_after");
    held_ = true;
    return true;
}

Result<bool> Reserve::release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    return remove_file(state_);
}

Result<bool> Reserve::release_if_low() {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const DiskSpace space, state_.space());
    if (space.free_bytes >= bytes_ / low_part) return false;
    held_ = false;
    return remove_file(state_);
}

Result<> Reserve::admit() {
    const std::lock_guard lock(mutex_);
    if (held_) return {};
    TRY_ASSIGN(const DiskSpace space, state_.space());
    if (space.free_bytes >= bytes_) return {};
    return fail(Code::disk_full, state_.path() + ": the disk is full, its last " + std::to_string(bytes_) +
                                     " bytes are kept for logins, cancels and outcomes; make room");
}

}  // namespace slipway::os
