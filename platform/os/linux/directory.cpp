#include "platform/os/linux/directory.h"

#include <climits>
#include <cstdlib>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "platform/os/component.h"
#include "platform/os/linux/file.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

int open_flags(const OpenOptions& options) {
    // O_NONBLOCK: somebody may have put a pipe there, which would be waited for; regular files do not care.
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    switch (options.access) {
        case Access::read: flags |= O_RDONLY; break;
        case Access::write: flags |= O_WRONLY; break;
        case Access::read_write: flags |= O_RDWR; break;
    }
    if (options.create != Create::never) flags |= O_CREAT;
    if (options.create == Create::exclusive) flags |= O_EXCL;
    return flags;
}

Result<int> descriptor_of(Directory& directory) {
    if (const auto native = directory.native()) return static_cast<int>(*native);
    return fail(Code::internal, directory.path() + " is of another kind of files");
}

Kind kind_of(unsigned char type) {
    switch (type) {
        case DT_REG: return Kind::file;
        case DT_DIR: return Kind::directory;
        case DT_LNK: return Kind::link;
        default: return Kind::other;
    }
}

class LinuxLock final : public FileLock {
public:
    explicit LinuxLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

private:
    Descriptor descriptor_;
};

tl::unexpected<Error> not_a_file(const std::string& path) {
    return fail(Code::conflict, "opening " + path + ": it is not a regular file");
}

}  // namespace

std::string LinuxDirectory::below(std::string_view name) const {
    return (path_ == "/" ? path_ : path_ + "/") + std::string(name);
}

Result<std::unique_ptr<File>> LinuxDirectory::open(std::string_view name, const OpenOptions& options) {
    TRY_ASSIGN(const std::string component, as_component(name));
    const int number =
        retry([&] { return ::openat(descriptor_.get(), component.c_str(), open_flags(options), options.mode); });
    // ENXIO: a pipe without reader or a socket.
    if (number < 0 && (errno == ENXIO || errno == ELOOP || errno == EISDIR)) return not_a_file(below(name));
    if (number < 0) return system_fail(errno, "opening", below(name));
    Descriptor descriptor(number);
    struct stat raw {};
    if (::fstat(number, &raw) != 0) return system_fail(errno, "opening", below(name));
    if (!S_ISREG(raw.st_mode)) return not_a_file(below(name));
    return std::make_unique<LinuxFile>(std::move(descriptor), below(name));
}

Result<std::unique_ptr<Directory>> LinuxDirectory::open_directory(std::string_view name) {
    TRY_ASSIGN(const std::string component, as_component(name));
    const int number = retry([&] { return ::openat(descriptor_.get(), component.c_str(), directory_flags); });
    if (number < 0) return system_fail(errno, "opening directory", below(name));
    return std::make_unique<LinuxDirectory>(Descriptor(number), below(name));
}

Result<std::unique_ptr<Directory>> LinuxDirectory::make_directory(std::string_view name, std::uint32_t mode) {
    TRY_ASSIGN(const std::string component, as_component(name));
    if (::mkdirat(descriptor_.get(), component.c_str(), mode) != 0)
        return system_fail(errno, "making directory", below(name));
    return open_directory(name);
}

Result<> LinuxDirectory::rename(std::string_view name, Directory& to, std::string_view new_name, Replace replace) {
    TRY_ASSIGN(const std::string from, as_component(name));
    TRY_ASSIGN(const std::string onto, as_component(new_name));
    TRY_ASSIGN(const int target, descriptor_of(to));
    const unsigned flags = replace == Replace::no ? RENAME_NOREPLACE : 0;
    if (::renameat2(descriptor_.get(), from.c_str(), target, onto.c_str(), flags) != 0)
        return system_fail(errno, "renaming", below(name) + " to " + to.path() + "/" + onto);
    return {};
}

Result<> LinuxDirectory::remove(std::string_view name) {
    TRY_ASSIGN(const std::string component, as_component(name));
    if (::unlinkat(descriptor_.get(), component.c_str(), 0) == 0) return {};
    if (errno == EISDIR && ::unlinkat(descriptor_.get(), component.c_str(), AT_REMOVEDIR) == 0) return {};
    return system_fail(errno, "removing", below(name));
}

Result<> LinuxDirectory::remove_tree(std::string_view name) {
    TRY_ASSIGN(const std::string component, as_component(name));
    return remove_tree_at(descriptor_.get(), component, below(name));
}

Result<std::vector<Entry>> LinuxDirectory::list(std::size_t entries_max) {
    // A descriptor of its own: the position of a listing belongs to the open directory.
    const int number = retry([&] { return ::openat(descriptor_.get(), ".", directory_flags); });
    DIR* const stream = number < 0 ? nullptr : ::fdopendir(number);
    if (stream == nullptr) return system_fail(errno, "listing", path_);
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, &::closedir);
    std::vector<Entry> entries;
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(stream);
        if (entry == nullptr && errno != 0) return system_fail(errno, "listing", path_);
        if (entry == nullptr) return entries;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (entries.size() == entries_max)
            return fail(Code::limit, "listing " + path_ + ": more than " + std::to_string(entries_max) + " entries");
        Kind kind = kind_of(entry->d_type);
        if (entry->d_type == DT_UNKNOWN) {
            TRY_ASSIGN(const auto found, status(name));
            if (!found) continue;
            kind = found->kind;
        }
        entries.push_back({std::string(name), kind});
    }
}

Result<std::optional<Status>> LinuxDirectory::status(std::string_view name) {
    TRY_ASSIGN(const std::string component, as_component(name));
    struct stat raw {};
    if (::fstatat(descriptor_.get(), component.c_str(), &raw, AT_SYMLINK_NOFOLLOW) == 0) return to_status(raw);
    if (errno == ENOENT) return std::nullopt;
    return system_fail(errno, "reading the attributes of", below(name));
}

Result<std::string> LinuxDirectory::read_link(std::string_view name) {
    TRY_ASSIGN(const std::string component, as_component(name));
    std::string target(PATH_MAX, '\0');
    const ssize_t length = ::readlinkat(descriptor_.get(), component.c_str(), target.data(), target.size());
    if (length < 0 && errno == EINVAL)
        return fail(Code::conflict, "reading link " + below(name) + ": it is not a symbolic link");
    if (length < 0) return system_fail(errno, "reading link", below(name));
    target.resize(static_cast<std::size_t>(length));
    return target;
}

Result<> LinuxDirectory::make_link(std::string_view name, std::string_view target) {
    TRY_ASSIGN(const std::string component, as_component(name));
    if (target.empty() || target.find('\0') != std::string_view::npos)
        return fail(Code::invalid, "the target of link " + below(name) + " is not a path");
    if (::symlinkat(std::string(target).c_str(), descriptor_.get(), component.c_str()) != 0)
        return system_fail(errno, "making link", below(name));
    return {};
}

Result<> LinuxDirectory::make_hard_link(std::string_view name, Directory& to, std::string_view new_name) {
    TRY_ASSIGN(const std::string from, as_component(name));
    TRY_ASSIGN(const std::string onto, as_component(new_name));
    TRY_ASSIGN(const int target, descriptor_of(to));
    TRY_ASSIGN(const auto found, status(name));
    if (found && found->kind != Kind::file) return not_a_file(below(name));
    if (::linkat(descriptor_.get(), from.c_str(), target, onto.c_str(), 0) != 0)
        return system_fail(errno, "linking", below(name) + " to " + to.path() + "/" + onto);
    return {};
}

Result<> LinuxDirectory::set_mode(std::uint32_t mode) {
    if (::fchmod(descriptor_.get(), mode) != 0) return system_fail(errno, "changing the mode of", path_);
    return {};
}

Result<> LinuxDirectory::set_modified(Time time) {
    const timespec times[2] = {{0, UTIME_OMIT}, {time.us / 1'000'000, time.us % 1'000'000 * 1000}};
    if (::futimens(descriptor_.get(), times) != 0) return system_fail(errno, "changing the time of", path_);
    return {};
}

Result<> LinuxDirectory::sync() {
    if (retry([&] { return ::fsync(descriptor_.get()); }) != 0) return system_fail(errno, "syncing directory", path_);
    return {};
}

Result<DiskSpace> LinuxDirectory::space() {
    struct statvfs raw {};
    if (retry([&] { return ::fstatvfs(descriptor_.get(), &raw); }) != 0)
        return system_fail(errno, "reading the free space of", path_);
    return DiskSpace{static_cast<std::uint64_t>(raw.f_blocks) * raw.f_frsize,
                     static_cast<std::uint64_t>(raw.f_bavail) * raw.f_frsize};
}

namespace {

constexpr int dead_holder_tries = 200;  ///< of 10 ms each

std::string holder_of(int lock) {
    char text[24] = {};
    const ssize_t length = ::pread(lock, text, sizeof text, 0);
    const std::string_view holder(text, length > 0 ? static_cast<std::size_t>(length) : 0);
    return std::string(holder.substr(0, holder.find('\n')));
}

/// Text that is no process id says nothing: its holder counts as alive.
bool is_alive(const std::string& holder) {
    const long id = std::strtol(holder.c_str(), nullptr, 10);
    return id <= 0 || ::kill(static_cast<pid_t>(id), 0) == 0 || errno != ESRCH;
}

}  // namespace

Result<std::unique_ptr<FileLock>> LinuxDirectory::lock(std::string_view name) {
    TRY_ASSIGN(const std::string component, as_component(name));
    const OpenOptions options{.access = Access::read_write, .create = Create::if_missing};
    Descriptor descriptor(
        retry([&] { return ::openat(descriptor_.get(), component.c_str(), open_flags(options), options.mode); }));
    if (!descriptor) return system_fail(errno, "opening", below(name));
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    // A process that was killed while it made a child lives on in that child's descriptors until the child has begun
    // its own program: such a lock is waited for.
    for (int tries = 0; retry([&] { return ::fcntl(descriptor.get(), F_OFD_SETLK, &range); }) != 0; ++tries) {
        if (errno != EAGAIN && errno != EACCES) return system_fail(errno, "locking", below(name));
        const std::string holder = holder_of(descriptor.get());
        if (tries == dead_holder_tries || is_alive(holder))
            return fail(Code::conflict, path_ + " is in use by process " + holder + " (it holds " + below(name) + ")",
                        "locked");
        const timespec pause{0, 10'000'000};
        ::nanosleep(&pause, nullptr);
    }
    if (::ftruncate(descriptor.get(), 0) != 0) return system_fail(errno, "writing", below(name));
    TRY(write_all_at(descriptor.get(), 0, std::to_string(::getpid()) + "\n", below(name)));
    return std::make_unique<LinuxLock>(std::move(descriptor));
}

}  // namespace slipway::os
