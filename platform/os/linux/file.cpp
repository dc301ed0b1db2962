#include "platform/os/linux/file.h"

#include <fcntl.h>
#include <sys/uio.h>

#include "platform/os/linux/system_error.h"

namespace slipway::os {

Status to_status(const struct stat& raw) {
    Status status;
    if (S_ISREG(raw.st_mode))
        status.kind = Kind::file;
    else if (S_ISDIR(raw.st_mode))
        status.kind = Kind::directory;
    else if (S_ISLNK(raw.st_mode))
        status.kind = Kind::link;
    status.size = static_cast<std::uint64_t>(raw.st_size);
    status.mode = raw.st_mode & 07777;
    status.owner = raw.st_uid;
    status.links = raw.st_nlink;
    status.inode = raw.st_ino;
    status.device = raw.st_dev;
    status.modified.us = raw.st_mtim.tv_sec * 1'000'000 + raw.st_mtim.tv_nsec / 1000;
    return status;
}

Result<> write_all_at(int number, std::uint64_t offset, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t wrote =
            retry([&] { return ::pwrite(number, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (wrote < 0) return system_fail(errno, "writing", path);
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
        offset += static_cast<std::uint64_t>(wrote);
    }
    return {};
}

Result<std::size_t> LinuxFile::read_at(std::uint64_t offset, std::span<char> into) {
    std::size_t total = 0;
    while (total < into.size()) {
        const ssize_t got = retry([&] {
            return ::pread(descriptor_.get(), into.data() + total, into.size() - total,
                           static_cast<off_t>(offset + total));
        });
        if (got < 0) return system_fail(errno, "reading", path_);
        if (got == 0) break;
        total += static_cast<std::size_t>(got);
    }
    return total;
}

Result<std::optional<std::size_t>> LinuxFile::read_cached_at(std::uint64_t offset, std::span<char> into) {
    const iovec place{into.data(), into.size()};
    const ssize_t got =
        retry([&] { return ::preadv2(descriptor_.get(), &place, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
    if (got >= 0) return static_cast<std::size_t>(got);
    // Not every file system, nor every kernel, can say whether it would wait.
    if (errno == EAGAIN || errno == EOPNOTSUPP || errno == ENOSYS) return std::nullopt;
    return system_fail(errno, "reading", path_);
}

Result<> LinuxFile::write_at(std::uint64_t offset, std::string_view bytes) {
    return write_all_at(descriptor_.get(), offset, bytes, path_);
}

Result<> LinuxFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        const ssize_t wrote = retry([&] { return ::pwritev2(descriptor_.get(), &part, 1, 0, RWF_APPEND); });
        if (wrote < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
            struct stat raw {};
            if (::fstat(descriptor_.get(), &raw) != 0) return system_fail(errno, "reading the size of", path_);
            return write_all_at(descriptor_.get(), static_cast<std::uint64_t>(raw.st_size), bytes, path_);
        }
        if (wrote < 0) return system_fail(errno, "appending to", path_);
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
}

Result<> LinuxFile::truncate(std::uint64_t size) {
    if (retry([&] { return ::ftruncate(descriptor_.get(), static_cast<off_t>(size)); }) != 0)
        return system_fail(errno, "changing the length of", path_);
    return {};
}

Result<> LinuxFile::allocate(std::uint64_t size) {
    if (size == 0) return {};
    for (;;) {
        // Returns the error instead of setting errno.
        const int error = ::posix_fallocate(descriptor_.get(), 0, static_cast<off_t>(size));
        if (error == 0) return {};
        if (error != EINTR) return system_fail(error, "reserving " + std::to_string(size) + " bytes for", path_);
    }
}

Result<> LinuxFile::sync_data() {
    if (retry([&] { return ::fdatasync(descriptor_.get()); }) != 0) return system_fail(errno, "syncing", path_);
    return {};
}

Result<> LinuxFile::sync() {
    if (retry([&] { return ::fsync(descriptor_.get()); }) != 0) return system_fail(errno, "syncing", path_);
    return {};
}

Result<Status> LinuxFile::status() {
    struct stat raw {};
    if (::fstat(descriptor_.get(), &raw) != 0) return system_fail(errno, "reading the attributes of", path_);
    return to_status(raw);
}

Result<> LinuxFile::set_mode(std::uint32_t mode) {
    if (::fchmod(descriptor_.get(), mode) != 0) return system_fail(errno, "changing the mode of", path_);
    return {};
}

Result<> LinuxFile::set_modified(Time time) {
    const timespec times[2] = {{0, UTIME_OMIT}, {time.us / 1'000'000, time.us % 1'000'000 * 1000}};
    if (::futimens(descriptor_.get(), times) != 0) return system_fail(errno, "changing the time of", path_);
    return {};
}

}  // namespace slipway::os
