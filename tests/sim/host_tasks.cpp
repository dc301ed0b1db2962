#include <algorithm>

#include "platform/base/assert.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/names.h"
#include "platform/wire/envelope.h"
#include "tests/sim/host.h"
#include "tests/sim/host_paths.h"
#include "tests/sim/task_script.h"

// What runs on a host beside the agent, and what a witness sees there.
namespace slipway::sim {
namespace {

constexpr std::int64_t pieces = 8;  // of a task's output

std::string variable_of(const os::MemoryProcess& process, const std::string& name) {
    for (const std::string& one : process.environment())
        if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
    return {};
}

/// No two pieces of any log are alike.
std::string output_text(const std::string& attempt, const std::string& task, std::int64_t begin, std::int64_t bytes) {
    std::string text;
    for (std::int64_t line = 0; static_cast<std::int64_t>(text.size()) < bytes; ++line)
        text += attempt + " " + task + " " + std::to_string(begin + line) + "\n";
    return text;
}

}  // namespace

void Host::run_task(const std::shared_ptr<os::MemoryProcess>& process) {
    const std::string attempt = variable_of(*process, "SLIPWAY_ATTEMPT");
    const std::string task = variable_of(*process, "SLIPWAY_TASK");
    ASSERT(!attempt.empty() && !task.empty());
    scene_.tell("host " + std::to_string(options_.number) + ": task " + task + " of attempt " + attempt + " starts");
    judge_.task_started(variable_of(*process, "SLIPWAY_JOB"), attempt, std::stoi(task));
    look_at_artifacts(*process, attempt);
    const TaskScript script = to_script(process->arguments().at(1));
    auto open = std::make_shared<std::shared_ptr<os::PipeWriter>>(process->open_output());
    const std::weak_ptr<os::MemoryProcess> weak = process;
    process->on_signal([weak, open, stubborn = script.stubborn](os::Signal signal) {
        if (stubborn && signal != os::Signal::kill) return;
        open->reset();
        if (const auto dying = weak.lock(); dying && signal != os::Signal::kill)
            dying->end({os::Exit::How::signaled, 15});
    });
    if (script.child_ms > 0) start_child(process);
    for (std::int64_t i = 0; i < pieces && script.output_bytes > 0; ++i) {
        const std::string text = output_text(attempt, task, i * script.output_bytes, script.output_bytes / pieces);
        const Duration when = std::chrono::milliseconds{script.milliseconds * i / pieces};
        if (i == 0) {
            write_output(weak, open, text);
            continue;
        }
        scene_.after(when, [this, weak, open, text] { when_running([=, this] { write_output(weak, open, text); }); });
    }
    scene_.after(std::chrono::milliseconds{script.milliseconds}, [this, weak, open, code = script.exit_code] {
        when_running([weak, open, code] {
            const auto ending = weak.lock();
            if (!ending || !ending->living()) return;
            open->reset();
            ending->end({os::Exit::How::exited, code});
        });
    });
}

void Host::write_output(const std::weak_ptr<os::MemoryProcess>& process,
                        const std::shared_ptr<std::shared_ptr<os::PipeWriter>>& output, const std::string& text) {
    const auto writing = process.lock();
    if (!writing || !writing->living() || !*output) return;
    judge_.task_wrote(variable_of(*writing, "SLIPWAY_ATTEMPT"), text);
    // Nobody may read it any more: its attempt process was killed.
    static_cast<void>((*output)->write(text));
}

void Host::start_child(const std::shared_ptr<os::MemoryProcess>& parent) {
    os::MemoryLauncher launcher(machine_, children_loop_, parent);
    os::MemoryGroups groups(machine_, children_loop_);
    const auto group = groups.open(parent->group());
    ASSERT(group && *group);
    if (parent->group().starts_with(run::left_prefix)) scene_.happens(Kind::task_left_running);
    os::SpawnOptions options;
    options.program = child_program;
    options.arguments = {"child", parent->arguments().at(1)};
    options.environment = parent->environment();
    options.group = (*group)->get();
    ASSERT(launcher.spawn(options, [](os::Exit) {}));
}

void Host::run_child(const std::shared_ptr<os::MemoryProcess>& process) {
    const std::weak_ptr<os::MemoryProcess> weak = process;
    process->on_signal([](os::Signal) {});
    scene_.after(std::chrono::milliseconds{to_script(process->arguments().at(1)).child_ms}, [weak] {
        const auto ending = weak.lock();
        if (ending && ending->living()) ending->end({os::Exit::How::exited, 0});
    });
}

void Host::look_at_artifacts(const os::MemoryProcess& process, const std::string& attempt) {
    for (const std::string alias : {"A", "B"}) {
        const std::string digest = variable_of(process, "ARTIFACTS_" + alias + "_SHA256");
        if (digest.empty()) continue;
        const auto path = os::split_path(variable_of(process, "ARTIFACTS_" + alias + "_PATH"));
        ASSERT(path);
        const auto directory = files_->open_directory(path->directory);
        auto text = directory ? os::read_whole(**directory, path->name, 64 << 20) : fail(directory.error());
        if (text && *text && scene_.mutation == Mutation::artifact_not_verified) (*text)->push_back('x');
        judge_.task_saw(attempt, alias, text && *text && crypto::sha256(**text) == digest);
    }
}

/// What lies there: outcomes that are durable now, and whether a directory is gone.
void Host::look_at_directories() {
    auto attempts = files_->open_directory(attempts_path);
    if (!attempts) return;
    const auto listing = run::list_attempts(**attempts);
    if (!listing) return;
    const std::set<std::string> now(listing->attempts.begin(), listing->attempts.end());
    for (const std::string& gone : directories_)
        if (!now.contains(gone)) {
            scene_.tell("host " + std::to_string(options_.number) + ": the directory of attempt " + gone + " is gone");
            judge_.directory_gone(options_.number, gone);
            if (with_outcome_.erase(gone) > 0) scene_.happens(Kind::kept_attempt_pruned);
        }
    directories_ = now;
    for (const std::string& name : now) {
        if (disk_full_) judge_.blurred(name);
        if (!with_outcome_.contains(name)) look_at_outcome(name);
    }
}

void Host::look_at_outcomes() {
    look_at_directories();
    for (const std::string& name : directories_) look_at_outcome(name);
}

void Host::look_at_outcome(const std::string& attempt) {
    const auto directory = files_->open_directory(attempts_path + "/" + attempt);
    if (!directory) return;
    auto text = os::read_whole(**directory, run::outcome_name, 1 << 20);
    if (!text || !*text) return;
    judge_.outcome_durable(options_.number, attempt, **std::move(text));
    if (!with_outcome_.insert(attempt).second) return;
    scene_.tell("host " + std::to_string(options_.number) + ": attempt " + attempt + " has an outcome");
    const auto all = machine_.processes();
    judge_.tasks_left(attempt, static_cast<std::size_t>(std::ranges::count_if(all, [&](const auto& process) {
                          return variable_of(*process, "SLIPWAY_ATTEMPT") == attempt &&
                                 !process->group().starts_with(run::left_prefix);
                      })));
}

/// What the disk may lose: logs that are still growing, or all of them.
void Host::blur(bool also_ended) {
    look_at_directories();
    for (const std::string& name : directories_)
        if (also_ended || !with_outcome_.contains(name)) judge_.blurred(name);
}

}  // namespace slipway::sim
