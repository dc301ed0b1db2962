#include "agent/attempt/runner.h"

#include "platform/base/crash_point.h"
#include "platform/os/file_steps.h"
#include "platform/os/reserve.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/cancel.h"
#include "platform/run/names.h"

namespace slipway::attempt {
namespace {

constexpr Duration sync_interval = 1s;
constexpr std::uint64_t sync_bytes = 256 * 1024;
constexpr std::uint32_t task_umask = 022;

Reason reason_of(const Error& error, Reason otherwise) {
    if (error.code == Code::disk_full) return Reason::disk_full;
    return reason_from(error.reason).value_or(otherwise);
}

}  // namespace

Runner::Runner(const World& world, RunnerOptions options, wire::Order order, AttemptFiles files, Ended ended)
    : world_(world),
      options_(std::move(options)),
      order_(std::move(order)),
      files_(std::move(files)),
      ended_(std::move(ended)),
      log_(std::move(files_.log), std::move(files_.marks), world.clock,
           {.bytes_max = static_cast<std::uint64_t>(order_.log_bytes_max)}),
      events_(std::move(files_.events), world.clock, {.events_max = order_.events_max}),
      work_(options_.directory + "/" + std::string(run::work_name)),
      exit_codes_(order_.tasks.size()) {
    variables_ = variables_of(order_, work_);
    options_.environment["TMPDIR"] = work_ + "/" + std::string(run::temporary_name);
}

void Runner::start() {
    go_ = world_.clock.steady();
    log_.begin(go_);
    events_.begin(go_);
    job_timer_ = world_.loop.at(go_ + std::chrono::seconds(order_.timeout_s),
                                [this] { stop(Stop::job_timed_out, std::chrono::seconds(order_.cancel_grace_s)); });
    auto watch = world_.watches.watch(*files_.directory, std::string(run::cancel_name), [this] { look_for_cancel(); });
    if (!watch) {
        // What could not be cancelled must not begin.
        fail_attempt(Reason::start_failed, watch.error().message);
        again_ = world_.loop.after(Duration::zero(), [this] { finish(); });
        return;
    }
    cancel_watch_ = std::move(*watch);
    again_ = world_.loop.after(Duration::zero(), [this] {
        look_for_cancel();
        if (!finished_) next_artifact();
    });
}

void Runner::look_for_cancel() {
    const auto text = os::read_whole(*files_.directory, run::cancel_name, 64);
    if (!text || !*text) return;
    stop(Stop::canceled, std::chrono::seconds(run::parse_cancel(**text).value_or(order_.cancel_grace_s)));
}

void Runner::stop(Stop why, Duration grace) {
    if (finished_) return;
    if (stop_ != Stop::canceled && (stop_ != Stop::job_timed_out || why == Stop::canceled)) stop_ = why;
    if (run_) return run_->stop(grace);
    if (why == Stop::task_timed_out) return;
    copy_.reset();
    if (stop_ == Stop::job_timed_out)
        fail_attempt(Reason::timed_out, "The job ran longer than its time-out of " +
                                            format_duration(std::chrono::seconds(order_.timeout_s)));
    finish();
}

// --- artifacts

void Runner::next_artifact() {
    if (artifact_ == order_.artifacts.size()) {
        copy_.reset();
        cache_.reset();
        return next_task();
    }
    if (!cache_) {
        auto cache = world_.files.open_directory(options_.cache);
        if (!cache) {
            fail_attempt(Reason::artifact_missing, cache.error().message);
            return finish();
        }
        cache_ = std::move(*cache);
    }
    const wire::OrderArtifact& artifact = order_.artifacts[artifact_++];
    copy_ = std::make_unique<ArtifactCopy>(world_.loop, *cache_, *files_.work, artifact, [this](Result<> copied) {
        if (copied) return next_artifact();
        fail_attempt(reason_of(copied.error(), Reason::start_failed), copied.error().message);
        finish();
    });
}

// --- tasks

void Runner::next_task() {
    while (index_ < static_cast<int>(order_.tasks.size()) && !failed_ && stop_ == Stop::none) {
        if (task().enabled) return run_task();
        write_skipped();
    }
    finish();
}

void Runner::write_skipped() {
    events_.write(wire::TaskFinished{index_, TaskState::skipped, {}, {}, static_cast<std::int64_t>(log_.length())});
    ++index_;
}

std::string Runner::task_title() const {
    const std::string& name = task().name.empty() ? task().task : task().name;
    return replace_variables(name, variables_).text;
}

void Runner::run_task() {
    log_.mark();
    last_lines_.clear();
    events_.write(wire::TaskStarted{index_, task_title(), static_cast<std::int64_t>(log_.length())});
    if (task_began_) {
        if (auto synced = events_.sync(); !synced)
            return task_failed_to_start(std::move(synced).error().within("recording the start of the task"));
    } else {
        task_began_ = true;
        first_start_ = world_.clock.wall();
    }
    CRASH_POINT("attempt.task_recorded");
    sync_soon();
    auto plan = plan_task({.order = order_,
                           .variables = variables_,
                           .base_environment = options_.environment,
                           .work = work_,
                           .catalogue = world_.catalogue,
                           .programs = world_.programs},
                          index_);
    if (!plan) return task_failed_to_start(std::move(plan).error());
    for (const auto& warning : plan->warnings) issue(wire::Severity::warning, warning);
    if (auto started = start_task(std::move(*plan)); !started) task_failed_to_start(std::move(started).error());
}

Result<os::Group*> Runner::group_of_task() {
    if (task().leave_running) {
        const std::string name = std::string(run::left_prefix) + options_.group + "-" + std::to_string(index_);
        TRY_ASSIGN(left_group_, world_.groups.make(name));
        return left_group_.get();
    }
    if (group_killed_) {
        // A group that was killed is not used again: Linux 6.14 and later kills whatever is cloned into a cgroup after
        // a cgroup.kill there.
        const std::string name = options_.tasks->name();
        options_.tasks.reset();
        TRY(world_.groups.remove(name));
        TRY_ASSIGN(options_.tasks, world_.groups.make(name));
        group_killed_ = false;
    }
    return options_.tasks.get();
}

Result<std::string> Runner::write_script(const std::string& text) {
    const std::string name = "script-" + std::to_string(index_);
    // A task before may have taken the folder away.
    TRY_ASSIGN(auto temporary, os::open_or_make(*files_.work, run::temporary_name, 0700));
    TRY(temporary->remove_tree(name));
    TRY_ASSIGN(auto file, temporary->open(name, {.access = os::Access::write, .create = os::Create::exclusive}));
    TRY(file->write_at(0, text));
    return work_ + "/" + std::string(run::temporary_name) + "/" + name;
}

Result<> Runner::start_task(TaskPlan plan) {
    auto directory = open_working_directory(world_.files, plan.working_directory);
    if (!directory) {
        Error error = std::move(directory).error().within("working_directory");
        if (error.code != Code::disk_full) error.reason = to_string(Reason::input_invalid);
        return fail(std::move(error));
    }
    if (plan.command.script) {
        TRY_ASSIGN(std::string path, write_script(*plan.command.script));
        plan.command.arguments.push_back(std::move(path));
    }
    TRY_ASSIGN(os::Group* const group, group_of_task());
    os::SpawnOptions spawn;
    spawn.program = std::move(plan.command.program);
    spawn.arguments = std::move(plan.command.arguments);
    spawn.environment = std::move(plan.environment);
    spawn.directory = directory->get();
    spawn.umask = task_umask;

    manifest_ = plan.manifest;
    run_ = std::make_unique<TaskRun>(
        TaskRun::Parts{world_.loop, world_.clock, world_.launcher, *group},
        task().leave_running ? Leave::running : Leave::nothing, [this](std::string_view bytes) { keep_output(bytes); },
        [this](TaskEnd end) { task_ended(std::move(end)); });
    if (auto started = run_->start(std::move(spawn)); !started) {
        run_.reset();
        return started;
    }
    if (task().timeout_s)
        task_timer_ = world_.loop.after(std::chrono::seconds(*task().timeout_s), [this] {
            stop(Stop::task_timed_out, std::chrono::seconds(order_.cancel_grace_s));
        });
    return {};
}

void Runner::keep_output(std::string_view bytes) {
    filtered_.clear();
    world_.filter.feed(bytes, filtered_);
    log_.append(filtered_);
    last_lines_.feed(filtered_);
    sync_soon();
}

void Runner::task_failed_to_start(Error error) {
    issue(wire::Severity::error, error.message);
    end_task({.state = TaskState::failed, .reason = reason_of(error, Reason::start_failed), .exit_code = {}});
}

void Runner::task_ended(TaskEnd end) {
    task_timer_.reset();
    filtered_.clear();
    world_.filter.finish(filtered_);
    log_.append(filtered_);
    last_lines_.feed(filtered_);
    tell_left_over(end);
    group_killed_ = group_killed_ || end.group_killed;
    if (end.output_lost) issue(wire::Severity::warning, "The task's output could not be read to its end");
    const TaskResult result = judge(end);
    exit_codes_[static_cast<std::size_t>(index_)] = result.exit_code;
    end_task(result);
}

void Runner::tell_left_over(const TaskEnd& end) {
    if (end.left_over.empty()) return;
    std::string numbers;
    for (const std::int64_t id : end.left_over) numbers += (numbers.empty() ? "" : ", ") + std::to_string(id);
    issue(wire::Severity::warning, "The task left processes running when it ended; they were killed (process ids " +
                                       numbers + "). leave_running: true lets them live");
}

Runner::TaskResult Runner::judge(const TaskEnd& end) const {
    TaskResult result{.state = TaskState::failed, .reason = Reason::exit_code, .exit_code = {}};
    if (end.exit.how == os::Exit::How::exited) result.exit_code = end.exit.number;
    if (end.exit.how == os::Exit::How::signaled) result.exit_code = 128 + end.exit.number;
    if (stop_ == Stop::canceled) {
        result.state = TaskState::canceled;
        result.reason = Reason::canceled_by_user;
    } else if (stop_ != Stop::none) {
        result.reason = Reason::timed_out;
    } else if (result.exit_code == 0) {
        result.state = TaskState::succeeded;
        result.reason.reset();
    } else if (end.exit.how == os::Exit::How::exited) {
        const auto meaning = manifest_->reasons.find(end.exit.number);
        if (meaning != manifest_->reasons.end()) result.reason = meaning->second;
    }
    return result;
}

void Runner::end_task(TaskResult result) {
    run_.reset();
    left_group_.reset();
    tell_gap();
    events_.write(wire::TaskFinished{index_, result.state, result.reason, result.exit_code,
                                     static_cast<std::int64_t>(log_.length())});
    CRASH_POINT("attempt.task_ended");
    sync_soon();
    if (result.state != TaskState::succeeded) note_end(result);
    if (stop_ == Stop::task_timed_out) stop_ = Stop::none;
    ++index_;
    again_ = world_.loop.after(Duration::zero(), [this] { next_task(); });
}

void Runner::note_end(const TaskResult& result) {
    const std::string title = "Task " + std::to_string(index_ + 1) + " \"" + task_title() + "\"";
    const std::string line = last_lines_.telling_line();
    std::string what;
    if (result.state == TaskState::canceled) {
        summary_ = title + " was canceled";
        return;
    }
    if (stop_ == Stop::job_timed_out)
        what = "ran when the job reached its time-out of " + format_duration(std::chrono::seconds(order_.timeout_s));
    else if (stop_ == Stop::task_timed_out)
        what = "ran longer than its time-out of " + format_duration(std::chrono::seconds(*task().timeout_s));
    else if (!result.exit_code)
        what = last_issue_;
    else
        what = "exit code " + std::to_string(*result.exit_code) + (line.empty() ? "" : ": " + line);
    const bool goes_on = task().continue_on_error && stop_ != Stop::job_timed_out;
    if (goes_on) {
        with_issues_ = true;
        summary_ = title + ": " + what;
    } else {
        fail_attempt(*result.reason, title + ": " + what);
    }
}

// --- the end

void Runner::fail_attempt(Reason reason, const std::string& summary) {
    failed_ = true;
    reason_ = reason;
    summary_ = summary;
}

void Runner::tell_gap() {
    if (log_.gap_bytes() == told_gap_) return;
    told_gap_ = log_.gap_bytes();
    flags_.insert(Flag::log_gap);
    events_.write(wire::LogGap{static_cast<std::int64_t>(told_gap_)});
}

void Runner::issue(wire::Severity severity, std::string message) {
    last_issue_ = message;
    const bool of_task = index_ < static_cast<int>(order_.tasks.size());
    events_.write(wire::Issue{of_task ? std::optional<int>(index_) : std::nullopt, severity, std::move(message)});
    sync_soon();
}

void Runner::finish() {
    if (finished_) return;
    finished_ = true;
    cancel_watch_.reset();
    job_timer_.reset();
    task_timer_.reset();
    copy_.reset();
    tell_gap();
    while (index_ < static_cast<int>(order_.tasks.size())) write_skipped();
    outcome_ = make_outcome();
    again_ = world_.loop.after(Duration::zero(), [this] { write_outcome(); });
}

Ending Runner::ending() const {
    if (stop_ == Stop::canceled) return Ending::canceled;
    return failed_ ? Ending::failed : Ending::succeeded;
}

wire::Outcome Runner::make_outcome() {
    wire::Outcome outcome;
    outcome.result = ending();
    outcome.with_issues = outcome.result == Ending::succeeded && (with_issues_ || events_.has_issues());
    if (outcome.result == Ending::failed) outcome.reason = reason_;
    if (outcome.result == Ending::canceled) outcome.reason = Reason::canceled_by_user;
    if (outcome.result == Ending::canceled && summary_.empty()) summary_ = "Canceled before the first task began";
    outcome.summary = wire::to_summary(summary_);
    outcome.exit_codes = exit_codes_;
    outcome.log_length = static_cast<std::int64_t>(log_.length());
    outcome.log_sha256 = log_.digest();
    if (log_.tampered()) flags_.insert(Flag::log_tampered);
    outcome.flags = flags_;
    outcome.started = first_start_;
    outcome.ended = world_.clock.wall();
    outcome.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(world_.clock.steady() - go_).count();
    return outcome;
}

void Runner::write_outcome() {
    auto written = write_end();
    if (!written && written.error().code == Code::disk_full && release_reserve()) written = write_end();
    if (!end_durable_) {
        // Until it is written there is no end.
        again_ = world_.loop.after(sync_interval, [this] { write_outcome(); });
        return;
    }
    sync_timer_.reset();
    // ended_ may destroy this object.
    const Ended ended = std::move(ended_);
    const wire::Outcome outcome = *outcome_;
    ended(outcome);
}

/// Events that cannot be written are no reason to hold the outcome back.
Result<> Runner::write_end() {
    sync();
    const Result<> events = events_.sync();
    if (!outcome_created_) {
        run::sync_order(*files_.directory);
        // Of a log that the disk may not hold, no end is promised.
        outcome_->log_sha256 = log_.sync() ? std::optional(log_.digest()) : std::nullopt;
        TRY(create_outcome());
        outcome_created_ = true;
    }
    TRY(sync_claim());
    end_durable_ = true;
    return events;
}

/// Another program's object looks after it: here it is only given back.
bool Runner::release_reserve() {
    if (options_.state.empty()) return false;
    const auto state = world_.files.open_directory(options_.state);
    if (!state) return false;
    const auto released = os::Reserve(**state).release();
    return released && *released;
}

// The claim was a rename that nobody waited for: without its name the outcome would be lost with the power. After the
// outcome, where a journalling file system has nothing left to write for it.
Result<> Runner::sync_claim() {
    TRY_ASSIGN(const auto path, os::split_path(options_.directory));
    TRY_ASSIGN(const auto attempts, world_.files.open_directory(path.directory));
    return attempts->sync();
}

Result<> Runner::create_outcome() {
    os::Directory& directory = *files_.directory;
    for (int tries = 0;; ++tries) {
        CRASH_POINT("attempt.outcome_before");
        auto created = os::create_durably(directory, run::outcome_name, wire::encode(*outcome_));
        CRASH_POINT("attempt.outcome_durable");
        if (created || created.error().code != Code::conflict || tries == 3) return created;
        // Only a task can have put something there, or in the place of the temporary file.
        outcome_->flags.insert(Flag::outcome_tampered);
        TRY(run::put_foreign_outcome_aside(directory));
    }
}

// --- the disk

void Runner::sync_soon() {
    const std::uint64_t unsynced = log_.unsynced_bytes() + events_.unsynced_bytes();
    if (unsynced >= sync_bytes && !sync_failed_) return sync();
    if (unsynced > 0 && !sync_timer_) sync_timer_ = world_.loop.after(sync_interval, [this] { sync(); });
}

void Runner::sync() {
    sync_timer_.reset();
    const auto log = log_.sync();
    const auto events = events_.sync();
    CRASH_POINT("attempt.log_synced");
    sync_failed_ = !log || !events;
    if (sync_failed_) sync_timer_ = world_.loop.after(sync_interval, [this] { sync(); });
}

}  // namespace slipway::attempt
