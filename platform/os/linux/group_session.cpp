// Process groups where there is no cgroup of our own: every process carries a token in its environment, and a sweep of
// /proc finds those that carry it and all below them. Where orphans are adopted, those too that dropped the token.

#include <algorithm>
#include <map>
#include <set>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/groups.h"
#include "platform/os/linux/proc.h"
#include "platform/os/linux/signal_numbers.h"
#include "platform/os/linux/system_error.h"
#include "platform/os/process.h"

namespace slipway::os {
namespace {

constexpr std::string_view variable = "SLIPWAY_GROUP=";
constexpr std::size_t environment_bytes_max = 2 * 1024 * 1024;
constexpr Duration sweep_again_first = 1ms;
constexpr Duration sweep_again_last = 100ms;
// One that is stuck in its exec, on a file system that does not answer, is not waited for without an end.
constexpr int doubtful_looks_max = 50;

struct Seen {
    std::int64_t id = 0;
    ProcStat stat;
    std::string token;      // empty: none, or it may not be read
    bool doubtful = false;  // in the middle of an exec: whether it carries one is seen when that is over
};

std::string find_token(std::string_view environment) {
    while (!environment.empty()) {
        const std::string_view entry = environment.substr(0, environment.find('\0'));
        if (entry.starts_with(variable)) return std::string(entry.substr(variable.size()));
        environment.remove_prefix(std::min(environment.size(), entry.size() + 1));
    }
    return {};
}

void read_token(Seen& seen) {
    const std::string path = "/proc/" + std::to_string(seen.id) + "/environ";
    for (int attempt = 0; attempt < 8; ++attempt) {
        const auto environment = read_proc_file(path, environment_bytes_max);
        if (!environment) return;
        seen.token = find_token(*environment);
        if (!environment->empty()) return;
        // It has none, or none yet, or it got one between the two looks.
        const auto stat = read_proc_stat(seen.id);
        if (!stat || stat->environment_begin != stat->environment_end) continue;
        seen.doubtful = stat->replaced_just_now();
        return;
    }
    seen.doubtful = true;
}

// "k3" holds "k3/run" and "k3/tasks".
bool is_within(const std::string& token, const std::string& group) {
    return token.starts_with(group) && (token.size() == group.size() || token[group.size()] == '/');
}

// A process group is killed in one step: a process that forks all the time cannot get away, though the one that was
// seen has ended long ago. It lies in one session, and sessions that are not ours were begun by members. Its number is
// given to no other while it has members; if a process has that number now, it must be its leader.
void kill_whole(const Seen& seen) {
    if (seen.stat.session == ::getsid(0) || seen.stat.process_group <= 1) return;
    const auto leader = read_proc_stat(seen.stat.process_group);
    if (leader && (leader->session != seen.stat.session || leader->process_group != seen.stat.process_group)) return;
    ::kill(-static_cast<pid_t>(seen.stat.process_group), SIGKILL);
}

struct Members {
    std::vector<Seen> processes;
    bool complete = true;  // no doubtful process may be another one

    bool none() const { return processes.empty() && complete; }
};

/// What all groups of one maker share.
class Sweeper {
public:
    Sweeper(std::string instance, Launcher* launcher) : instance_(std::move(instance)), launcher_(launcher) {}

    const std::string& instance() const { return instance_; }

    std::vector<Seen> look() {
        std::vector<Seen> all;
        const std::int64_t self = ::getpid();
        std::erase_if(started_, [](const auto& entry) { return !is_same(entry.second); });
        const std::vector<std::int64_t> children =
            launcher_ == nullptr ? std::vector<std::int64_t>() : launcher_->children();
        for (const std::int64_t id : list_processes()) {
            const auto stat = read_proc_stat(id);
            if (!stat || id == self) continue;
            const bool adopted = launcher_ != nullptr && stat->parent == self &&
                                 std::find(children.begin(), children.end(), id) == children.end();
            if (stat->ended()) {
                if (adopted) ::waitpid(static_cast<pid_t>(id), nullptr, WNOHANG);
                continue;
            }
            all.push_back({id, *stat, {}});
            Seen& seen = all.back();
            read_token(seen);
            if (seen.token.empty()) seen.token = find_started(seen);
            if (seen.token.empty()) seen.doubtful = seen.doubtful && still_doubtful(seen);
            if (seen.token.empty() && !seen.doubtful && adopted) seen.token = orphan;
        }
        std::erase_if(doubtful_, [](const auto& entry) { return !is_same(entry.second.seen); });
        return all;
    }

    /// Those that carry the token, and what is below them, and orphans; but none that carries another group's.
    Members members(const std::string& token) {
        const std::vector<Seen> all = look();
        std::set<std::int64_t> inside;
        std::set<std::int64_t> sessions;
        const std::int64_t own = ::getsid(0);
        const auto belongs = [&](const Seen& seen) {
            if (!seen.token.empty()) return is_within(seen.token, token) || seen.token == orphan;
            return inside.contains(seen.stat.parent) || sessions.contains(seen.stat.session);
        };
        for (bool grew = true; grew;) {
            grew = false;
            for (const Seen& seen : all) {
                if (inside.contains(seen.id) || !belongs(seen)) continue;
                grew = inside.insert(seen.id).second;
                if (seen.stat.session != own) sessions.insert(seen.stat.session);
            }
        }
        Members found;
        for (const Seen& seen : all)
            if (inside.contains(seen.id))
                found.processes.push_back(seen);
            else if (seen.token.empty() && seen.doubtful)
                found.complete = false;
        return found;
    }

    static void send(const Seen& seen, int number) {
        if (number == SIGKILL) kill_whole(seen);
        const Descriptor pidfd(open_pidfd(seen.id));
        if (!pidfd || !is_same(seen)) return;
        send_signal_to_pidfd(pidfd.get(), number);
    }

    /// Where its environment does not tell.
    void remember(std::int64_t process, const std::string& token) {
        if (const auto stat = read_proc_stat(process)) started_.insert_or_assign(process, Seen{process, *stat, token});
    }

private:
    static constexpr std::string_view orphan = "?";

    static bool is_same(const Seen& seen) {
        const auto stat = read_proc_stat(seen.id);
        return stat && stat->start == seen.stat.start;
    }

    // It, or one that lives in its session: the children of a daemon that overwrote its environment have none either.
    std::string find_started(const Seen& seen) const {
        if (const auto found = started_.find(seen.id);
            found != started_.end() && found->second.stat.start == seen.stat.start)
            return found->second.token;
        if (seen.stat.session == ::getsid(0)) return {};
        for (const auto& [id, other] : started_)
            if (other.stat.session == seen.stat.session) return other.token;
        return {};
    }

    bool still_doubtful(const Seen& seen) {
        Doubt& doubt = doubtful_[seen.id];
        if (doubt.seen.stat.start != seen.stat.start) doubt = {seen, 0};
        return ++doubt.looks <= doubtful_looks_max;
    }

    struct Doubt {
        Seen seen;
        int looks = 0;
    };

    std::map<std::int64_t, Seen> started_;
    std::map<std::int64_t, Doubt> doubtful_;

    std::string instance_;
    Launcher* launcher_;
};

class SessionGroup final : public Group {
public:
    SessionGroup(EventLoop& loop, std::shared_ptr<Sweeper> sweeper, std::string name)
        : loop_(loop),
          sweeper_(std::move(sweeper)),
          name_(std::move(name)),
          token_(sweeper_->instance() + "/" + name_) {}

    const std::string& name() const override { return name_; }

    Result<> signal(Signal signal) override {
        for (const Seen& seen : sweeper_->members(token_).processes) Sweeper::send(seen, to_number(signal));
        return {};
    }

    Result<> kill() override {
        killing_ = true;
        seen_empty_ = false;
        wait_ = sweep_again_first;
        sweep();
        return {};
    }

    // One that is made while the list is read may be missed: only two empty looks in a row count.
    Result<bool> empty() override { return sweeper_->members(token_).none() && sweeper_->members(token_).none(); }

    Result<Handle> on_empty(std::function<void()> function) override {
        const std::uint64_t id = ++*last_id_;
        waiting_->emplace(id, std::move(function));
        wait_ = sweep_again_first;
        sweep_later(0us);
        return std::make_unique<Waiting>(waiting_, id);
    }

    Result<std::vector<std::int64_t>> processes() override {
        std::vector<std::int64_t> ids;
        for (const Seen& seen : sweeper_->members(token_).processes) ids.push_back(seen.id);
        return ids;
    }

    GroupEntry entry() override { return {std::nullopt, {std::string(variable) + token_}}; }
    void entered(std::int64_t process) override { sweeper_->remember(process, token_); }

private:
    using Table = std::map<std::uint64_t, std::function<void()>>;

    class Waiting final : public Subscription {
    public:
        Waiting(std::weak_ptr<Table> table, std::uint64_t id) : table_(std::move(table)), id_(id) {}
        ~Waiting() override {
            if (const auto table = table_.lock()) table->erase(id_);
        }

    private:
        std::weak_ptr<Table> table_;
        std::uint64_t id_;
    };

    void sweep_later(Duration wait) {
        again_ = loop_.after(wait, [this] { sweep(); });
    }

    void sweep() {
        const Members members = sweeper_->members(token_);
        if (killing_)
            for (const Seen& seen : members.processes) Sweeper::send(seen, SIGKILL);
        if (members.none() && seen_empty_) {
            seen_empty_ = false;
            killing_ = false;
            again_.reset();
            tell();
            return;
        }
        seen_empty_ = members.none();
        if (!killing_ && waiting_->empty()) return;
        sweep_later(seen_empty_ ? sweep_again_first : wait_);
        wait_ = std::min(2 * wait_, sweep_again_last);
    }

    // Posted: a function may destroy this group.
    void tell() {
        const auto table = waiting_;
        for (const auto& [id, function] : *table)
            loop_.post([table, id = id] {
                const auto found = table->find(id);
                if (found == table->end()) return;
                const auto call = std::move(found->second);
                table->erase(found);
                call();
            });
    }

    EventLoop& loop_;
    std::shared_ptr<Sweeper> sweeper_;
    std::string name_;
    std::string token_;
    bool killing_ = false;
    bool seen_empty_ = false;
    Duration wait_ = sweep_again_first;
    Handle again_;
    std::shared_ptr<Table> waiting_ = std::make_shared<Table>();
    std::shared_ptr<std::uint64_t> last_id_ = std::make_shared<std::uint64_t>(0);
};

class SessionGroups final : public Groups {
public:
    SessionGroups(EventLoop& loop, const std::string& instance, Launcher* launcher)
        : loop_(loop), sweeper_(std::make_shared<Sweeper>(instance, launcher)), base_("session:" + instance) {}

    GroupLevel level() const override { return GroupLevel::session; }
    const std::string& base() const override { return base_; }

    Result<std::unique_ptr<Group>> make(std::string_view name) override {
        TRY(parse_group_name(name));
        return std::make_unique<SessionGroup>(loop_, sweeper_, std::string(name));
    }

    Result<std::optional<std::unique_ptr<Group>>> open(std::string_view name) override {
        TRY_ASSIGN(auto group, make(name));
        return std::optional(std::move(group));
    }

    Result<std::vector<std::string>> list() override { return collect(sweeper_->instance() + "/"); }

    Result<std::vector<std::string>> parts(std::string_view name) override {
        TRY_ASSIGN(const GroupName parsed, parse_group_name(name));
        return collect(sweeper_->instance() + "/" + parsed.first + "/");
    }

    Result<> remove(std::string_view name) override {
        TRY(parse_group_name(name));
        const std::string token = sweeper_->instance() + "/" + std::string(name);
        for (const Seen& seen : sweeper_->look())
            if (is_within(seen.token, token))
                return fail(Code::conflict, "removing process group " + std::string(name) + ": processes live in it");
        return {};
    }

    void remove_empty() override {}

private:
    // The components that follow `prefix` in the tokens of living processes.
    std::vector<std::string> collect(const std::string& prefix) {
        std::set<std::string> names;
        for (const Seen& seen : sweeper_->look())
            if (seen.token.starts_with(prefix)) {
                const std::string rest = seen.token.substr(prefix.size());
                names.insert(rest.substr(0, rest.find('/')));
            }
        return {names.begin(), names.end()};
    }

    EventLoop& loop_;
    std::shared_ptr<Sweeper> sweeper_;
    std::string base_;
};

}  // namespace

Result<std::unique_ptr<Groups>> make_session_groups(EventLoop& loop, const std::string& instance, Launcher* launcher) {
    if (launcher != nullptr && ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        return system_fail(errno, "becoming the parent of orphans", "");
    return std::make_unique<SessionGroups>(loop, instance, launcher);
}

}  // namespace slipway::os
