#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "platform/os/memory/manual_loop.h"
#include "platform/os/process.h"

namespace slipway::attempt {

/// One process that does what the test says, in virtual time.
struct ScriptedProcess {
    os::SpawnOptions options;
    std::function<void(os::Exit)> ended;
    std::deque<std::string> output;
    std::function<void()> ready;
    bool alive = true;
};

class ScriptedPipe final : public os::PipeReader {
public:
    explicit ScriptedPipe(std::shared_ptr<ScriptedProcess> process) : process_(std::move(process)) {}
    ~ScriptedPipe() override { process_->ready = nullptr; }
    Result<> start(std::function<void()> ready) override {
        process_->ready = std::move(ready);
        return {};
    }
    void pause() override { process_->ready = nullptr; }
    Result<std::optional<std::size_t>> read(std::span<char> into) override {
        if (process_->output.empty()) {
            if (!process_->alive) return 0;
            return std::nullopt;
        }
        std::string& front = process_->output.front();
        const std::size_t count = std::min(front.size(), into.size());
        front.copy(into.data(), count);
        front.erase(0, count);
        if (front.empty()) process_->output.pop_front();
        return count;
    }

private:
    std::shared_ptr<ScriptedProcess> process_;
};

class ScriptedGroup final : public os::Group {
public:
    using Sent = std::vector<std::pair<std::int64_t, os::Signal>>;  ///< microseconds of the steady clock
    using Processes = std::vector<std::shared_ptr<ScriptedProcess>>;
    ScriptedGroup(os::ManualLoop& loop, Clock& clock, Processes& all, Sent& sent, std::string name)
        : loop_(loop), clock_(clock), all_(all), sent_(sent), name_(std::move(name)) {}

    const std::string& name() const override { return name_; }
    Result<> signal(os::Signal signal) override {
        sent_.emplace_back(clock_.steady().us, signal);
        return {};
    }
    Result<> kill() override {
        sent_.emplace_back(clock_.steady().us, os::Signal::kill);
        for (const auto& process : all_) {
            if (!process->alive) continue;
            process->alive = false;
            loop_.post([process] { process->ended({os::Exit::How::signaled, 9}); });
        }
        return {};
    }
    Result<bool> empty() override {
        return std::none_of(all_.begin(), all_.end(), [](const auto& process) { return process->alive; });
    }
    Result<os::Handle> on_empty(std::function<void()> function) override {
        // A group of this script is empty as soon as its only process has ended.
        return loop_.after(Duration::zero(), std::move(function));
    }
    Result<std::vector<std::int64_t>> processes() override { return std::vector<std::int64_t>{}; }
    os::GroupEntry entry() override { return {}; }
    void entered(std::int64_t) override {}

private:
    os::ManualLoop& loop_;
    Clock& clock_;
    Processes& all_;
    Sent& sent_;
    std::string name_;
};

class ScriptedGroups final : public os::Groups {
public:
    ScriptedGroups(os::ManualLoop& loop, Clock& clock) : loop_(loop), clock_(clock) {}
    os::GroupLevel level() const override { return os::GroupLevel::cgroup; }
    const std::string& base() const override { return base_; }
    Result<std::unique_ptr<os::Group>> make(std::string_view name) override {
        return std::make_unique<ScriptedGroup>(loop_, clock_, processes, sent, std::string(name));
    }
    Result<std::optional<std::unique_ptr<os::Group>>> open(std::string_view) override { return std::nullopt; }
    Result<std::vector<std::string>> list() override { return std::vector<std::string>{}; }
    Result<std::vector<std::string>> parts(std::string_view) override { return std::vector<std::string>{}; }
    Result<> remove(std::string_view) override { return {}; }
    void remove_empty() override {}

    ScriptedGroup::Processes processes;
    ScriptedGroup::Sent sent;

private:
    os::ManualLoop& loop_;
    Clock& clock_;
    std::string base_ = "scripted";
};

class ScriptedLauncher final : public os::Launcher {
public:
    ScriptedLauncher(ScriptedGroups& groups, std::function<void()> spawned)
        : groups_(groups), spawned_(std::move(spawned)) {}
    Result<std::unique_ptr<os::Process>> spawn(const os::SpawnOptions& options,
                                               std::function<void(os::Exit)> ended) override {
        spawned_();
        auto process = std::make_shared<ScriptedProcess>();
        process->options = options;
        process->ended = std::move(ended);
        groups_.processes.push_back(process);
        return std::make_unique<Child>(process);
    }
    Result<std::unique_ptr<os::Process>> attach(const os::ProcessIdentity&, std::function<void(os::Exit)>) override {
        return fail(Code::not_found, "there is none");
    }
    Result<bool> alive(const os::ProcessIdentity&) override { return false; }
    Result<os::ProcessIdentity> self() override { return os::ProcessIdentity{"boot", 1, 1}; }
    std::vector<std::int64_t> children() override { return {}; }

private:
    class Child final : public os::Process {
    public:
        explicit Child(std::shared_ptr<ScriptedProcess> process) : process_(std::move(process)) {}
        const os::ProcessIdentity& identity() const override { return identity_; }
        Result<> kill(os::Signal) override { return {}; }
        std::unique_ptr<os::PipeWriter> take_input() override { return nullptr; }
        std::unique_ptr<os::PipeReader> take_output() override { return std::make_unique<ScriptedPipe>(process_); }
        std::unique_ptr<os::PipeReader> take_error() override { return nullptr; }

    private:
        std::shared_ptr<ScriptedProcess> process_;
        os::ProcessIdentity identity_{"boot", 2, 2};
    };
    ScriptedGroups& groups_;
    std::function<void()> spawned_;
};

}  // namespace slipway::attempt
