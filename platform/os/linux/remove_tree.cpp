#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "platform/os/linux/directory.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

constexpr std::size_t open_levels_max = 32;
constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct Level {
    std::unique_ptr<DIR, int (*)(DIR*)> stream;
    std::string name;    // in the level above
    bool again = false;  // a pass that removed something may have hidden something from readdir

    int number() const { return ::dirfd(stream.get()); }
};

// openat2 refuses what is mounted inside the tree, bind mounts of the same device too.
int open_here(int above, const char* name) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags);
    how.resolve = RESOLVE_NO_XDEV | RESOLVE_BENEATH;
    const long number = ::syscall(SYS_openat2, above, name, &how, sizeof how);
    if (number >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(number);
    const int plain = ::openat(above, name, flags);
    struct stat outer {};
    struct stat inner {};
    if (plain >= 0 && ::fstat(above, &outer) == 0 && ::fstat(plain, &inner) == 0 && outer.st_dev == inner.st_dev)
        return plain;
    const int error = plain < 0 ? errno : EXDEV;
    if (plain >= 0) ::close(plain);
    errno = error;
    return -1;
}

// For directories that even their owner may not read; chmod through /proc cannot be led elsewhere by a swapped name.
void permit(int above, const char* name) {
    const Descriptor place(::openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (place) ::chmod(("/proc/self/fd/" + std::to_string(place.get())).c_str(), 0700);
}

Result<Level> open_level(int above, const std::string& name, const std::string& path) {
    int number = open_here(above, name.c_str());
    if (number < 0 && errno == EACCES) {
        permit(above, name.c_str());
        number = open_here(above, name.c_str());
    }
    if (number < 0 && errno == EXDEV)
        return fail(Code::conflict, "removing " + path + ": another file system is mounted at '" + name + "'");
    if (number < 0) return system_fail(errno, "removing", path);
    struct stat raw {};
    if (::fstat(number, &raw) == 0 && (raw.st_mode & 0700) != 0700) ::fchmod(number, 0700);
    return Level{{::fdopendir(number), &::closedir}, name};
}

class Removal {
public:
    Removal(int above, std::string name, std::string path)
        : above_(above), name_(std::move(name)), path_(std::move(path)) {}

    Result<> run() {
        if (::unlinkat(above_, name_.c_str(), 0) == 0 || errno == ENOENT) return {};
        if (errno != EISDIR && errno != EPERM) return system_fail(errno, "removing", path_);
        TRY_ASSIGN(Level first, open_level(above_, name_, path_));
        levels_.push_back(std::move(first));
        while (!levels_.empty()) {
            TRY_ASSIGN(const std::string child, next_directory());
            if (child.empty())
                TRY(leave());
            else
                TRY(enter(child));
        }
        return {};
    }

private:
    // Unlinks what is no directory on the way.
    Result<std::string> next_directory() {
        Level& level = levels_.back();
        for (;;) {
            errno = 0;
            const dirent* const entry = ::readdir(level.stream.get());
            if (entry == nullptr && errno != 0) return system_fail(errno, "removing", path_);
            if (entry == nullptr) {
                if (!level.again) return std::string();
                level.again = false;
                ::rewinddir(level.stream.get());
                continue;
            }
            const std::string name = entry->d_name;
            if (name == "." || name == "..") continue;
            level.again = true;
            if (::unlinkat(level.number(), name.c_str(), 0) == 0 || errno == ENOENT) continue;
            if (errno != EISDIR && errno != EPERM) return system_fail(errno, "removing", path_ + "/.../" + name);
            return name;
        }
    }

    // A tree may be deeper than a process may have descriptors: what lies too deep is moved up to the top first.
    Result<> enter(const std::string& child) {
        if (levels_.size() < open_levels_max) {
            TRY_ASSIGN(Level level, open_level(levels_.back().number(), child, path_));
            levels_.push_back(std::move(level));
            return {};
        }
        permit(levels_.back().number(), child.c_str());
        for (;;) {
            const std::string moved = ".removing-" + std::to_string(moved_++);
            if (::renameat(levels_.back().number(), child.c_str(), levels_.front().number(), moved.c_str()) == 0) break;
            // The name may be one of the tree's own.
            if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) return system_fail(errno, "removing", path_);
        }
        levels_.front().again = true;
        return {};
    }

    Result<> leave() {
        const std::string name = levels_.back().name;
        levels_.pop_back();
        const int above = levels_.empty() ? above_ : levels_.back().number();
        if (::unlinkat(above, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
            return system_fail(errno, "removing", levels_.empty() ? path_ : path_ + "/.../" + name);
        return {};
    }

    int above_;
    std::string name_;
    std::string path_;
    std::vector<Level> levels_;
    std::size_t moved_ = 0;
};

}  // namespace

Result<> remove_tree_at(int directory, const std::string& name, const std::string& path) {
    return Removal(directory, name, path).run();
}

}  // namespace slipway::os
