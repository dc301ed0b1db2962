#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/native.h"

/// Files through directory handles. A name is one component: '/', NUL, "", "." and ".." are refused (Code::invalid),
/// and no operation on a name follows a symbolic link. Objects belong to one thread at a time; different objects may be
/// used by different threads at once. Errors name the operation and the path: not_found, conflict (exists, not empty,
/// is something else), disk_full, limit (name or file too long), unavailable (out of descriptors or memory), io (the
/// rest).
namespace slipway::os {

enum class Kind { file, directory, link, other };

struct Status {
    Kind kind = Kind::other;
    std::uint64_t size = 0;   ///< bytes
    std::uint32_t mode = 0;   ///< permission bits, 07777
    std::uint32_t owner = 0;  ///< user id
    std::uint64_t links = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;
    Time modified;
};

struct Entry {
    std::string name;
    Kind kind = Kind::other;
};

struct DiskSpace {
    std::uint64_t total_bytes = 0;
    std::uint64_t free_bytes = 0;  ///< for this user
};

enum class Access { read, write, read_write };
enum class Create { never, if_missing, exclusive };
enum class Replace { no, yes };

struct OpenOptions {
    Access access = Access::read;
    Create create = Create::never;
    std::uint32_t mode = 0600;  ///< of a file that is created; the umask takes away from it
};

/// An open regular file. It has no position. Closed by its destructor, which tells no errors: sync first.
class File {
public:
    virtual ~File() = default;

    /// Fills as much as there is: less than `into` only at the end of the file, 0 there.
    virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
    /// What can be had without waiting for a disk: at least one byte, 0 at the end of the file, nothing if read_at()
    /// has to be asked on a thread that may wait.
    virtual Result<std::optional<std::size_t>> read_cached_at(std::uint64_t, std::span<char>) { return std::nullopt; }
    /// All or an error, after which any part may have been written.
    virtual Result<> write_at(std::uint64_t offset, std::string_view bytes) = 0;
    /// Writes at the end, wherever that is by now; all or an error, after which any part may have been written.
    virtual Result<> append(std::string_view bytes) = 0;
    virtual Result<> truncate(std::uint64_t size) = 0;  ///< longer ones are filled with zeros
    /// Reserves the space of the first `size` bytes and makes the file at least that long, zeros in what is new.
    virtual Result<> allocate(std::uint64_t size) = 0;
    virtual Result<> sync_data() = 0;  ///< bytes and size
    virtual Result<> sync() = 0;       ///< and all attributes
    virtual Result<Status> status() = 0;
    virtual Result<> set_mode(std::uint32_t mode) = 0;
    virtual Result<> set_modified(Time time) = 0;

    /// Lent, for a child process; nothing where files are in memory.
    virtual std::optional<Native> native() = 0;
};

/// Held until destroyed or the process ends, however it ends.
class FileLock {
public:
    virtual ~FileLock() = default;
};

class Directory {
public:
    virtual ~Directory() = default;

    /// As it was opened; for messages.
    virtual const std::string& path() const = 0;

    /// A regular file; anything else under this name is a conflict, and is not waited for.
    virtual Result<std::unique_ptr<File>> open(std::string_view name, const OpenOptions& options) = 0;
    virtual Result<std::unique_ptr<Directory>> open_directory(std::string_view name) = 0;
    /// Makes and opens it; conflict if the name is taken.
    virtual Result<std::unique_ptr<Directory>> make_directory(std::string_view name, std::uint32_t mode) = 0;

    /// With Replace::no a taken `new_name` is a conflict: of several who try, exactly one wins.
    virtual Result<> rename(std::string_view name, Directory& to, std::string_view new_name, Replace replace) = 0;
    virtual Result<> remove(std::string_view name) = 0;  ///< a file, a link or an empty directory
    /// All below it, links as links, across no mount, also directories without permissions; no error if absent.
    virtual Result<> remove_tree(std::string_view name) = 0;

    /// In no order; more than `entries_max` is Code::limit.
    virtual Result<std::vector<Entry>> list(std::size_t entries_max) = 0;
    virtual Result<std::optional<Status>> status(std::string_view name) = 0;
    virtual Result<std::string> read_link(std::string_view name) = 0;
    virtual Result<> make_link(std::string_view name, std::string_view target) = 0;  ///< symbolic
    /// A second name for a regular file.
    virtual Result<> make_hard_link(std::string_view name, Directory& to, std::string_view new_name) = 0;
    virtual Result<> set_mode(std::uint32_t mode) = 0;  ///< of this directory
    virtual Result<> set_modified(Time time) = 0;       ///< of this directory

    /// Makes names durable: created, renamed and removed ones. Of a new directory its parent must be synced too.
    virtual Result<> sync() = 0;
    virtual Result<DiskSpace> space() = 0;

    /// Makes the file if it is missing (0600) and locks it against every other holder, in this process too; its text
    /// becomes the process id. Held by another: conflict, reason "locked", the message names that process.
    virtual Result<std::unique_ptr<FileLock>> lock(std::string_view name) = 0;

    virtual std::optional<Native> native() = 0;  ///< lent
};

/// Where absolute paths begin. Paths are followed through links: an operator named them. May be used by any thread.
class Files {
public:
    virtual ~Files() = default;
    virtual Result<std::unique_ptr<Directory>> open_directory(const std::string& path) = 0;
    /// Makes what is missing of the path (each with `mode`) and opens the last.
    virtual Result<std::unique_ptr<Directory>> make_directories(const std::string& path, std::uint32_t mode) = 0;
};

std::unique_ptr<Files> make_system_files();

}  // namespace slipway::os
