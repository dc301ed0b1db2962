#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/os/loop.h"

namespace slipway::os {

/// How surely a group holds all that its processes start, best first. `status` and `doctor` say which.
enum class GroupLevel {
    cgroup,   ///< a cgroup v2 of our own: nothing leaves it, it is killed and seen empty by the kernel
    session,  ///< session, subreaper and a sweep of /proc by a start token: finds what does not hide on purpose
};
std::string_view to_string(GroupLevel level);

/// What a launcher puts a new process in by.
struct GroupEntry {
    std::optional<Native> directory;       ///< of the cgroup
    std::vector<std::string> environment;  ///< "NAME=value", added to the process's own
};

/// Processes that are killed together. Destroying the object leaves the group as it is.
class Group {
public:
    virtual ~Group() = default;
    virtual const std::string& name() const = 0;

    /// To every process of the group.
    virtual Result<> signal(Signal signal) = 0;
    /// SIGKILL to all; repeated by itself until the group is empty or this object is destroyed. Returns at once.
    virtual Result<> kill() = 0;
    virtual Result<bool> empty() = 0;  ///< proven; processes that ended and are not yet waited for do not count
    /// Calls once, as soon as the group is found empty: maybe at once, but not inside this call.
    [[nodiscard]] virtual Result<Handle> on_empty(std::function<void()> function) = 0;
    virtual Result<std::vector<std::int64_t>> processes() = 0;  ///< process ids, for messages

    /// For launchers, before a start.
    virtual GroupEntry entry() = 0;
    /// This process is the group's, whatever it shows later. For launchers after a start, and for what is left running.
    virtual void entered(std::int64_t process) = 0;
};

/// The groups of one agent. A name is one or two components that are names by is_name(): "k3/run", "k3/tasks". Used in
/// the loop's thread.
class Groups {
public:
    virtual ~Groups() = default;
    virtual GroupLevel level() const = 0;
    /// Hand it to another process of this agent: GroupsOptions::base there finds the same groups.
    virtual const std::string& base() const = 0;

    /// Makes it (and the part before the '/'); it may already be there.
    virtual Result<std::unique_ptr<Group>> make(std::string_view name) = 0;
    /// Nothing if there is none (level session: always there, maybe empty).
    virtual Result<std::optional<std::unique_ptr<Group>>> open(std::string_view name) = 0;
    /// First components, in order (level session: those with living processes).
    virtual Result<std::vector<std::string>> list() = 0;
    /// Second components of a first one.
    virtual Result<std::vector<std::string>> parts(std::string_view name) = 0;
    /// With all below it; conflict while a process lives in it; no error if absent.
    virtual Result<> remove(std::string_view name) = 0;
    /// At the agent's end, the last call: removes the groups in which no process lives, and with the last one the place
    /// that make_groups() made for them.
    virtual void remove_empty() = 0;
};

class Launcher;

struct GroupsOptions {
    std::string instance = {};             ///< a name: agents on one machine have different ones
    std::optional<std::string> base = {};  ///< what base() gave in another process; goes before `instance` and `level`
    std::optional<GroupLevel> level = {};  ///< forced; else the best that works
    /// Level session: become the parent of processes whose parent ended, to find those too that dropped the token, and
    /// to wait for them. What is below this process, but neither a child of this launcher nor of another group, then
    /// counts as a member of every group that is asked. For a process that starts tasks only.
    Launcher* adopt_orphans_beside = nullptr;
};

/// Without `base`, what agents left behind that ended without removing it is removed, if no process lives in it.
Result<std::unique_ptr<Groups>> make_groups(EventLoop& loop, const GroupsOptions& options);

}  // namespace slipway::os
