// Process groups as cgroups of version 2 (Documentation/admin-guide/cgroup-v2.rst): entered by clone3, killed by
// cgroup.kill (5.14), seen empty by "populated 0" in cgroup.events. No controller is enabled, so that this works in a
// hybrid hierarchy and in every delegated folder.

#include <algorithm>
#include <map>
#include <sstream>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/groups.h"
#include "platform/os/linux/proc.h"
#include "platform/os/linux/signal_numbers.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

constexpr Duration kill_again = 10ms;
constexpr std::string_view folder_prefix = "slipway-";

Result<std::vector<std::string>> list_folders(int directory, const std::string& path) {
    const int number = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(number < 0 ? nullptr : ::fdopendir(number), &::closedir);
    if (!stream) return system_fail(errno, "listing", path);
    std::vector<std::string> names;
    while (const dirent* const entry = ::readdir(stream.get()))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
}

Descriptor open_folder(int above, const std::string& name) {
    return Descriptor(::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::optional<std::string> read_control(int directory, const char* name) {
    const Descriptor file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    std::string bytes;
    char buffer[4096];
    for (;;) {
        const ssize_t got = retry([&] { return ::read(file.get(), buffer, sizeof buffer); });
        if (got < 0) return std::nullopt;
        if (got == 0) return bytes;
        bytes.append(buffer, static_cast<std::size_t>(got));
    }
}

bool write_control(int directory, const char* name, std::string_view text) {
    const Descriptor file(::openat(directory, name, O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Tasks that may do so make groups inside of theirs.
void collect_processes(int directory, std::vector<std::int64_t>& processes) {
    std::istringstream lines(read_control(directory, "cgroup.procs").value_or(""));
    for (std::int64_t process = 0; lines >> process;)
        if (process > 0) processes.push_back(process);
    const auto folders = list_folders(directory, "");
    if (!folders) return;
    for (const std::string& name : *folders)
        if (const Descriptor inner = open_folder(directory, name)) collect_processes(inner.get(), processes);
}

Result<> remove_folder(int above, const std::string& name, const std::string& path) {
    if (::unlinkat(above, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    {
        const Descriptor directory = open_folder(above, name);
        if (!directory && errno == ENOENT) return {};
        if (!directory) return system_fail(errno, "removing process group", path);
        TRY_ASSIGN(const auto folders, list_folders(directory.get(), path));
        for (const std::string& inner : folders) TRY(remove_folder(directory.get(), inner, path + "/" + inner));
    }
    if (::unlinkat(above, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    if (errno == EBUSY) return fail(Code::conflict, "removing process group " + path + ": processes live in it");
    return system_fail(errno, "removing process group", path);
}

Result<bool> is_populated(int events, const std::string& name) {
    char text[256] = {};
    const ssize_t got = retry([&] { return ::pread(events, text, sizeof text - 1, 0); });
    if (got < 0 && errno == ENODEV) return false;  // removed
    if (got < 0) return system_fail(errno, "reading the state of process group", name);
    return std::string_view(text).find("populated 1") != std::string_view::npos;
}

/// One question "is it empty?" that is still open.
class EmptyWatch final : public Subscription {
public:
    EmptyWatch(EventLoop& loop, std::string name, std::function<void()> function)
        : loop_(loop), name_(std::move(name)), function_(std::move(function)) {}
    ~EmptyWatch() override {
        *alive_ = false;
        watch_.reset();
    }

    Result<> open(int directory) {
        events_.reset(::openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC));
        if (!events_ && errno != ENOENT && errno != ENODEV) return system_fail(errno, "watching process group", name_);
        if (events_) {
            TRY_ASSIGN(watch_, loop_.watch(events_.get(), {.urgent = true}, [this](Ready) { look(); }));
        }
        loop_.post([this, alive = alive_] {
            if (*alive) look();
        });
        return {};
    }

private:
    void look() {
        if (!function_) return;
        if (events_) {
            const auto populated = is_populated(events_.get(), name_);
            if (populated && *populated) return;
        }
        watch_.reset();
        const auto function = std::move(function_);
        function_ = nullptr;
        function();
    }

    EventLoop& loop_;
    std::string name_;
    std::function<void()> function_;
    Descriptor events_;
    std::unique_ptr<Watch> watch_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class CgroupGroup final : public Group {
public:
    CgroupGroup(EventLoop& loop, std::string name, Descriptor directory)
        : loop_(loop), name_(std::move(name)), directory_(std::move(directory)) {}

    const std::string& name() const override { return name_; }

    Result<> signal(Signal signal) override {
        TRY_ASSIGN(const auto before, processes());
        std::map<std::int64_t, Descriptor> pidfds;
        for (const std::int64_t process : before) pidfds.emplace(process, open_pidfd(process));
        // Asked again after the descriptors were opened: an id may have become another process's meanwhile.
        TRY_ASSIGN(const auto members, processes());
        for (const std::int64_t process : members)
            if (const auto found = pidfds.find(process); found != pidfds.end() && found->second)
                send_signal_to_pidfd(found->second.get(), to_number(signal));
        return {};
    }

    Result<> kill() override {
        if (write_control(directory_.get(), "cgroup.kill", "1") || errno == ENODEV) return {};
        if (errno != ENOENT) return system_fail(errno, "killing process group", name_);
        kill_frozen();
        return {};
    }

    Result<bool> empty() override {
        const Descriptor events(::openat(directory_.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
        if (!events && (errno == ENOENT || errno == ENODEV)) return true;
        if (!events) return system_fail(errno, "reading the state of process group", name_);
        TRY_ASSIGN(const bool populated, is_populated(events.get(), name_));
        return !populated;
    }

    Result<Handle> on_empty(std::function<void()> function) override {
        auto watch = std::make_unique<EmptyWatch>(loop_, name_, std::move(function));
        TRY(watch->open(directory_.get()));
        return watch;
    }

    Result<std::vector<std::int64_t>> processes() override {
        std::vector<std::int64_t> members;
        collect_processes(directory_.get(), members);
        return members;
    }

    GroupEntry entry() override { return {directory_.get(), {}}; }
    void entered(std::int64_t) override {}

private:
    // Before Linux 5.14. Frozen ones cannot make new ones while they are counted.
    void kill_frozen() {
        write_control(directory_.get(), "cgroup.freeze", "1");
        std::vector<std::int64_t> members;
        collect_processes(directory_.get(), members);
        for (const std::int64_t process : members) ::kill(static_cast<pid_t>(process), SIGKILL);
        write_control(directory_.get(), "cgroup.freeze", "0");
        again_ = members.empty() ? nullptr : loop_.after(kill_again, [this] { kill_frozen(); });
    }

    EventLoop& loop_;
    std::string name_;
    Descriptor directory_;
    Handle again_;
};

class CgroupGroups final : public Groups {
public:
    CgroupGroups(EventLoop& loop, std::string folder, Descriptor directory)
        : loop_(loop), folder_(std::move(folder)), base_("cgroup:" + folder_), directory_(std::move(directory)) {}

    GroupLevel level() const override { return GroupLevel::cgroup; }
    const std::string& base() const override { return base_; }

    Result<std::unique_ptr<Group>> make(std::string_view name) override {
        TRY_ASSIGN(const GroupName parts, parse_group_name(name));
        TRY_ASSIGN(Descriptor directory, make_folder(directory_.get(), parts.first, name));
        if (!parts.second.empty()) {
            TRY_ASSIGN(directory, make_folder(directory.get(), parts.second, name));
        }
        return std::make_unique<CgroupGroup>(loop_, std::string(name), std::move(directory));
    }

    Result<std::optional<std::unique_ptr<Group>>> open(std::string_view name) override {
        TRY_ASSIGN(const GroupName parts, parse_group_name(name));
        Descriptor directory = open_folder(directory_.get(), parts.first);
        if (directory && !parts.second.empty()) directory = open_folder(directory.get(), parts.second);
        if (!directory && errno == ENOENT) return std::nullopt;
        if (!directory) return system_fail(errno, "opening process group", name);
        std::unique_ptr<Group> group = std::make_unique<CgroupGroup>(loop_, std::string(name), std::move(directory));
        return std::optional(std::move(group));
    }

    Result<std::vector<std::string>> list() override { return list_folders(directory_.get(), folder_); }

    Result<std::vector<std::string>> parts(std::string_view name) override {
        TRY_ASSIGN(const GroupName parsed, parse_group_name(name));
        const Descriptor directory = open_folder(directory_.get(), parsed.first);
        if (!directory && errno == ENOENT) return std::vector<std::string>();
        if (!directory) return system_fail(errno, "opening process group", name);
        return list_folders(directory.get(), folder_ + "/" + parsed.first);
    }

    Result<> remove(std::string_view name) override {
        TRY_ASSIGN(const GroupName parts, parse_group_name(name));
        const std::string path = folder_ + "/" + std::string(name);
        if (parts.second.empty()) return remove_folder(directory_.get(), parts.first, path);
        const Descriptor above = open_folder(directory_.get(), parts.first);
        if (!above && errno == ENOENT) return {};
        if (!above) return system_fail(errno, "removing process group", path);
        return remove_folder(above.get(), parts.second, path);
    }

    void remove_empty() override {
        const auto names = list_folders(directory_.get(), folder_);
        for (const std::string& name : names ? *names : std::vector<std::string>())
            [[maybe_unused]] const auto removed = remove_folder(directory_.get(), name, folder_);
        ::rmdir(folder_.c_str());
    }

private:
    static Result<Descriptor> make_folder(int above, const std::string& name, std::string_view whole) {
        if (::mkdirat(above, name.c_str(), 0755) != 0 && errno != EEXIST)
            return system_fail(errno, "making process group", whole);
        Descriptor directory = open_folder(above, name);
        if (!directory) return system_fail(errno, "making process group", whole);
        return directory;
    }

    EventLoop& loop_;
    std::string folder_;
    std::string base_;
    Descriptor directory_;
};

// "36 25 0:31 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw", proc(5)
std::vector<std::string> find_mounts() {
    std::vector<std::string> mounts;
    std::istringstream lines(read_proc_file("/proc/self/mountinfo", 1024 * 1024).value_or(""));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t dash = line.find(" - cgroup2 ");
        if (dash == std::string::npos) continue;
        std::istringstream fields(line);
        std::string skipped;
        std::string root;
        std::string point;
        fields >> skipped >> skipped >> skipped >> root >> point;
        if (point.find('\\') == std::string::npos) mounts.push_back(point);
    }
    return mounts;
}

// "0::/user.slice/session-1.scope"
std::string find_own_folder() {
    std::istringstream lines(read_proc_file("/proc/self/cgroup", 64 * 1024).value_or(""));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("0::/") && line.find("/..") == std::string::npos) return line.substr(3);
    return "/";
}

// Held while an agent uses the folder; the kernel lets go when it ends, however it does.
bool hold_shared(const Descriptor& directory) { return ::flock(directory.get(), LOCK_SH | LOCK_NB) == 0; }
bool is_unused(const Descriptor& directory) {
    const Descriptor events(::openat(directory.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
    if (!events || ::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) return false;
    const auto populated = is_populated(events.get(), "");
    return populated && !*populated;
}

bool is_still_there(const Descriptor& directory, const std::string& folder) {
    struct stat held {};
    struct stat named {};
    return ::fstat(directory.get(), &held) == 0 && ::stat(folder.c_str(), &named) == 0 && held.st_ino == named.st_ino;
}

/// The folder, made if it is missing, and held. Another agent that tidies up may take it away before it is.
Result<Descriptor> make_base(const std::string& folder) {
    for (int attempt = 0; attempt < 100; ++attempt) {
        if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
            return system_fail(errno, "making process group", folder);
        Descriptor directory = open_folder(AT_FDCWD, folder);
        if (!directory && errno == ENOENT) continue;
        if (!directory || ::faccessat(directory.get(), "cgroup.procs", W_OK, AT_EACCESS) != 0)
            return system_fail(errno, "making process group", folder);
        if (hold_shared(directory) && is_still_there(directory, folder)) return directory;
    }
    return fail(Code::conflict, "making process group " + folder + ": others remove it again and again");
}

// A folder of ours has no dot in its name; systemd's units have.
void remove_left_over(const std::string& place) {
    const Descriptor above = open_folder(AT_FDCWD, place);
    const auto names = above ? list_folders(above.get(), place) : fail(Code::not_found, place);
    for (const std::string& name : names ? *names : std::vector<std::string>()) {
        if (!name.starts_with(folder_prefix) || name.find('.') != std::string::npos) continue;
        const Descriptor directory = open_folder(above.get(), name);
        if (directory && is_unused(directory)) [[maybe_unused]]
            const auto removed = remove_folder(above.get(), name, place);
    }
}

}  // namespace

Result<std::unique_ptr<Groups>> make_cgroup_groups(EventLoop& loop, const std::string& instance) {
    const std::vector<std::string> mounts = find_mounts();
    if (mounts.empty()) return fail(Code::unsupported, "no cgroup2 file system is mounted");
    const std::string own = find_own_folder();
    Error last{Code::unsupported, ""};
    for (const std::string& mount : mounts)
        for (const std::string& place : {own == "/" ? mount : mount + own, mount}) {
            const std::string folder = place + "/" + std::string(folder_prefix) + instance;
            auto directory = make_base(folder);
            if (directory) {
                remove_left_over(place);
                return std::make_unique<CgroupGroups>(loop, folder, *std::move(directory));
            }
            last = std::move(directory).error();
        }
    return fail(Code::unsupported, std::move(last.message));
}

Result<std::unique_ptr<Groups>> open_cgroup_groups(EventLoop& loop, const std::string& folder) {
    Descriptor directory = open_folder(AT_FDCWD, folder);
    if (!directory) return system_fail(errno, "opening process groups", folder);
    if (::faccessat(directory.get(), "cgroup.procs", W_OK, AT_EACCESS) != 0)
        return system_fail(errno, "opening process groups", folder);
    return std::make_unique<CgroupGroups>(loop, folder, std::move(directory));
}

}  // namespace slipway::os
