#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/os/memory/memory_pipe.h"
#include "platform/os/process.h"

namespace slipway::os {

/// One simulated process, as its program sees it. The program keeps the pointer as long as it likes; after the end
/// calls do nothing.
class MemoryProcess {
public:
    const ProcessIdentity& identity() const { return identity_; }
    const std::vector<std::string>& arguments() const { return arguments_; }
    const std::vector<std::string>& environment() const { return environment_; }
    const std::string& directory() const { return directory_; }  ///< path
    const std::string& group() const { return group_; }          ///< "" if none
    bool living() const { return living_; }

    /// The child's ends; none where the starter asked for no pipe. Of output and error, error may be output's.
    std::unique_ptr<PipeReader> open_input(Loop& loop);
    std::unique_ptr<PipeWriter> open_output();
    std::unique_ptr<PipeWriter> open_error();

    /// Called for each signal; Signal::kill ends the process afterwards whatever it does. Without it, every signal
    /// ends.
    void on_signal(std::function<void(Signal)> function) { signaled_ = std::move(function); }
    /// Delivers one, as a launcher or a group does.
    void receive(Signal signal);
    /// Ends it: whoever waits is told in its own loop.
    void end(Exit exit);

private:
    friend class MemoryMachine;
    friend class MemoryLauncher;
    ProcessIdentity identity_;
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::string directory_;
    std::string group_;
    bool living_ = true;
    std::optional<MemoryPipe> input_;
    std::optional<MemoryPipe> output_;
    std::optional<MemoryPipe> error_;
    std::function<void(Signal)> signaled_;
    std::vector<std::function<void(Exit)>> waiting_;
    std::function<void()> ended_;  // tells the machine
};

/// The processes and groups of one simulated machine.
class MemoryMachine {
public:
    using Program = std::function<void(std::shared_ptr<MemoryProcess>)>;

    /// Two machines with different names have no boot in common.
    explicit MemoryMachine(std::string name = "boot") : name_(std::move(name)) {}

    /// From now on this path can be started; `program` is called inside of spawn().
    void install(const std::string& path, Program program);
    /// All processes and groups are gone, nobody is told; a new boot.
    void restart();

    const std::string& boot() const { return boot_; }
    std::vector<std::shared_ptr<MemoryProcess>> processes() const;

private:
    friend class MemoryLauncher;
    friend class MemoryGroup;
    friend class MemoryGroups;

    /// A process of no program, such as the one whose launcher asks for itself.
    ProcessIdentity draw_identity();
    Result<std::shared_ptr<MemoryProcess>> start(const SpawnOptions& options);
    std::vector<std::shared_ptr<MemoryProcess>> members(const std::string& group) const;
    void look_at_groups();

    struct EmptyQuestion {
        std::string group;
        std::function<void()> answer;
    };

    const std::string name_;
    std::uint64_t boots_ = 1;
    std::string boot_ = name_ + "-1";
    std::int64_t last_process_ = 100;
    std::map<std::string, Program> programs_;
    std::map<std::int64_t, std::shared_ptr<MemoryProcess>> processes_;
    std::set<std::string> groups_;
    std::map<std::uint64_t, EmptyQuestion> questions_;
    std::uint64_t last_question_ = 0;
};

/// The launcher of one simulated process, whose loop it tells.
class MemoryLauncher final : public Launcher {
public:
    /// `self`: the process that it belongs to, if the machine started it.
    MemoryLauncher(MemoryMachine& machine, Loop& loop, std::shared_ptr<MemoryProcess> self = nullptr);
    ~MemoryLauncher() override;

    Result<std::unique_ptr<Process>> spawn(const SpawnOptions& options, std::function<void(Exit)> ended) override;
    Result<std::unique_ptr<Process>> attach(const ProcessIdentity& identity, std::function<void(Exit)> ended) override;
    Result<bool> alive(const ProcessIdentity& identity) override;
    Result<ProcessIdentity> self() override { return self_; }
    std::vector<std::int64_t> children() override;

private:
    std::unique_ptr<Process> wait_for(const std::shared_ptr<MemoryProcess>& process, std::function<void(Exit)> ended,
                                      bool child);

    MemoryMachine& machine_;
    Loop& loop_;
    ProcessIdentity self_;
    std::shared_ptr<std::set<std::int64_t>> children_ = std::make_shared<std::set<std::int64_t>>();
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Groups of the machine's processes; what a process starts is in no group unless it is put there.
class MemoryGroups final : public Groups {
public:
    MemoryGroups(MemoryMachine& machine, Loop& loop) : machine_(machine), loop_(loop) {}

    GroupLevel level() const override { return GroupLevel::cgroup; }
    const std::string& base() const override { return base_; }
    Result<std::unique_ptr<Group>> make(std::string_view name) override;
    Result<std::optional<std::unique_ptr<Group>>> open(std::string_view name) override;
    Result<std::vector<std::string>> list() override;
    Result<std::vector<std::string>> parts(std::string_view name) override;
    Result<> remove(std::string_view name) override;
    void remove_empty() override {}

private:
    MemoryMachine& machine_;
    Loop& loop_;
    std::string base_ = "memory:";
};

}  // namespace slipway::os
