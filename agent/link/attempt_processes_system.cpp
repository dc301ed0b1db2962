#include "agent/link/attempt_processes_system.h"

#include "platform/base/bytes.h"
#include "platform/run/names.h"

namespace slipway::link {
namespace {

constexpr std::size_t group_name_bytes = 10;  // 20 hex digits: no two of one machine meet
constexpr Duration kill_again = 1s;

std::string part_of(const std::string& group, std::string_view part) { return group + "/" + std::string(part); }

class StartedProcess final : public AttemptProcess {
public:
    StartedProcess(std::unique_ptr<os::PipeWriter> input, Logger& logger) : input_(std::move(input)), logger_(logger) {}

    // A process that no longer reads has ended: its end is told by itself.
    void write(std::string_view bytes) override {
        if (!input_) return;
        if (auto written = input_->write(bytes); !written)
            logger_.debug("an attempt process does not read", {{"error", written.error().message}});
    }
    void end_input() override {
        if (input_) input_->close();
    }

private:
    std::unique_ptr<os::PipeWriter> input_;
    Logger& logger_;
};

/// One that an earlier run of the link started: its standard input ended with that run.
class FoundProcess final : public AttemptProcess {
public:
    void write(std::string_view) override {}
    void end_input() override {}
};

}  // namespace

struct SystemAttemptProcesses::Killing {
    std::uint64_t id = 0;
    std::string group;
    std::function<void()> empty;
    std::vector<std::unique_ptr<os::Group>> groups;
    std::vector<os::Handle> waits;
    int left = 0;
    os::Handle again;
};

SystemAttemptProcesses::SystemAttemptProcesses(Parts parts, AttemptProgram program)
    : parts_(parts), program_(std::move(program)) {}

SystemAttemptProcesses::~SystemAttemptProcesses() = default;

void SystemAttemptProcesses::remove_empty_groups() {
    const auto names = parts_.groups.list();
    if (!names)
        return parts_.logger.warning("groups of earlier attempts cannot be listed", {{"error", names.error().message}});
    for (const std::string& name : *names) {
        auto removed = parts_.groups.remove(name);
        if (!removed && removed.error().code != Code::conflict)
            parts_.logger.warning("an empty group is left over", {{"group", name}, {"error", removed.error().message}});
    }
}

Result<std::unique_ptr<AttemptProcess>> SystemAttemptProcesses::start(const std::string& directory,
                                                                      const std::string& group,
                                                                      std::function<void()> ended) {
    TRY_ASSIGN(const auto run, parts_.groups.make(part_of(group, run::run_group)));
    os::SpawnOptions options;
    options.program = program_.executable;
    options.arguments = {"slipway-agent", "attempt", "--wait", "--attempts", program_.attempts,    "--name",
                         directory,       "--group", group,    "--groups",   parts_.groups.base(), "--cache",
                         program_.cache};
    options.environment = program_.environment;
    options.input.to = os::Stream::To::pipe;
    options.error = {os::Stream::To::native, parts_.error_output};
    options.group = run.get();
    options.session = os::Session::own;
    const std::uint64_t id = ++last_;
    auto process = parts_.launcher.spawn(options, [this, id, ended = std::move(ended)](os::Exit exit) {
        if (exit != os::Exit{os::Exit::How::exited, 0})
            parts_.logger.warning("an attempt process ended badly", {{"how", to_text(exit)}});
        running_.erase(id);
        ended();
    });
    if (!process) {
        remove_groups(group);
        return fail(std::move(process).error());
    }
    auto input = (*process)->take_input();
    running_.emplace(id, *std::move(process));
    return std::make_unique<StartedProcess>(std::move(input), parts_.logger);
}

Result<std::unique_ptr<AttemptProcess>> SystemAttemptProcesses::attach(const os::ProcessIdentity& identity,
                                                                       std::function<void()> ended) {
    const std::uint64_t id = ++last_;
    TRY_ASSIGN(auto process, parts_.launcher.attach(identity, [this, id, ended = std::move(ended)](os::Exit) {
        running_.erase(id);
        ended();
    }));
    running_.emplace(id, std::move(process));
    return std::make_unique<FoundProcess>();
}

Result<bool> SystemAttemptProcesses::alive(const os::ProcessIdentity& identity) {
    return parts_.launcher.alive(identity);
}

void SystemAttemptProcesses::kill_groups(const std::string& group, std::function<void()> empty) {
    auto killing = std::make_shared<Killing>();
    killing->id = ++last_;
    killing->group = group;
    killing->empty = std::move(empty);
    killings_.emplace(killing->id, killing);
    kill_later(killing);
}

void SystemAttemptProcesses::kill_later(const std::shared_ptr<Killing>& killing) {
    killing->again = parts_.loop.after(0us, [this, id = killing->id] {
        if (const auto found = killings_.find(id); found != killings_.end()) kill_now(found->second);
    });
}

// The attempt process first: it could start another task else.
void SystemAttemptProcesses::kill_now(const std::shared_ptr<Killing>& killing) {
    killing->groups.clear();
    killing->waits.clear();
    killing->left = 1;
    for (const std::string_view part : {run::run_group, run::tasks_group}) {
        if (auto killed = kill_part(killing, part); !killed) {
            parts_.logger.error("a group could not be killed, it is tried again",
                                {{"group", part_of(killing->group, part)}, {"error", killed.error().message}});
            killing->again = parts_.loop.after(kill_again, [this, id = killing->id] {
                if (const auto found = killings_.find(id); found != killings_.end()) kill_now(found->second);
            });
            return;
        }
    }
    part_is_empty(killing->id);
}

void SystemAttemptProcesses::part_is_empty(std::uint64_t id) {
    const auto found = killings_.find(id);
    if (found == killings_.end() || --found->second->left > 0) return;
    // Posted: the groups may not go inside their own call.
    parts_.loop.post([done = found->second] { done->empty(); });
    killings_.erase(found);
}

Result<> SystemAttemptProcesses::kill_part(const std::shared_ptr<Killing>& killing, std::string_view part) {
    TRY_ASSIGN(auto group, parts_.groups.open(part_of(killing->group, part)));
    if (!group) return {};
    TRY((*group)->kill());
    ++killing->left;
    TRY_ASSIGN(auto wait, (*group)->on_empty([this, id = killing->id] { part_is_empty(id); }));
    killing->waits.push_back(std::move(wait));
    killing->groups.push_back(*std::move(group));
    return {};
}

void SystemAttemptProcesses::remove_groups(const std::string& group) {
    if (auto removed = parts_.groups.remove(group); !removed)
        parts_.logger.warning("a group could not be removed", {{"group", group}, {"error", removed.error().message}});
}

std::string SystemAttemptProcesses::new_group() { return "a" + to_hex(parts_.random.bytes(group_name_bytes)); }

}  // namespace slipway::link
