#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/attempt/artifact_copy.h"
#include "agent/attempt/attempt_files.h"
#include "agent/attempt/event_log.h"
#include "agent/attempt/filter.h"
#include "agent/attempt/log.h"
#include "agent/attempt/programs.h"
#include "agent/attempt/summary.h"
#include "agent/attempt/task_plan.h"
#include "agent/attempt/task_run.h"
#include "platform/os/watch.h"
#include "platform/wire/order.h"
#include "platform/wire/outcome.h"

namespace slipway::attempt {

/// The machine and what is built into the program, as a runner uses them; all outlive it. A simulation puts its own
/// files, time and processes here.
struct World {
    os::Loop& loop;
    Clock& clock;
    os::Files& files;
    os::FileWatches& watches;
    os::Launcher& launcher;
    os::Groups& groups;
    Programs& programs;
    const tasks::Catalogue& catalogue;
    ByteFilter& filter;
};

struct RunnerOptions {
    std::string group;                 ///< the name of the attempt's groups
    std::unique_ptr<os::Group> tasks;  ///< "<group>/tasks"
    std::string directory;             ///< absolute path of the attempt's directory
    std::string state;                 ///< absolute path of what holds the reserve; empty: there is none
    std::string cache;                 ///< absolute path of the cache of blobs; needed only by orders with artifacts
    std::map<std::string, std::string> environment;  ///< PATH, HOME, LANG for tasks
};

/// Carries out one order in its directory, from `go` to the synced outcome.json. One thread, never blocking but for
/// the disk: everything happens in the loop. Cancelled by the file `cancel`; SIGTERM and a lost link do not end it.
class Runner {
public:
    using Ended = std::function<void(const wire::Outcome&)>;

    /// `ended` is called once, after outcome.json is durable.
    Runner(const World& world, RunnerOptions options, wire::Order order, AttemptFiles files, Ended ended);

    /// This moment is `go`: time-outs count from here. `ended` is not called inside this call.
    void start();

private:
    enum class Stop { none, canceled, job_timed_out, task_timed_out };
    struct TaskResult {
        TaskState state = TaskState::pending;
        std::optional<Reason> reason;
        std::optional<std::int64_t> exit_code;
    };

    // what may end it early
    void look_for_cancel();
    void stop(Stop why, Duration grace);

    // artifacts, then tasks, one after another
    void next_artifact();
    void next_task();
    void write_skipped();
    void run_task();
    Result<> start_task(TaskPlan plan);
    Result<os::Group*> group_of_task();
    Result<std::string> write_script(const std::string& text);
    void keep_output(std::string_view bytes);
    void task_ended(TaskEnd end);
    void end_task(TaskResult result);
    void task_failed_to_start(Error error);
    TaskResult judge(const TaskEnd& end) const;
    void tell_left_over(const TaskEnd& end);
    void note_end(const TaskResult& result);

    // the end
    void finish();
    wire::Outcome make_outcome();
    Ending ending() const;
    void write_outcome();
    Result<> write_end();
    bool release_reserve();
    Result<> create_outcome();
    Result<> sync_claim();

    void issue(wire::Severity severity, std::string message);
    void fail_attempt(Reason reason, const std::string& summary);
    void tell_gap();
    void sync_soon();
    void sync();
    const wire::OrderTask& task() const { return order_.tasks[static_cast<std::size_t>(index_)]; }
    std::string task_title() const;

    World world_;
    RunnerOptions options_;
    wire::Order order_;
    AttemptFiles files_;
    Ended ended_;
    Log log_;
    EventLog events_;
    Variables variables_;
    std::string work_;

    Steady go_;
    os::Handle cancel_watch_;
    os::Handle job_timer_;
    os::Handle task_timer_;
    os::Handle sync_timer_;
    os::Handle again_;
    Stop stop_ = Stop::none;

    std::unique_ptr<os::Directory> cache_;
    std::size_t artifact_ = 0;
    std::unique_ptr<ArtifactCopy> copy_;

    int index_ = 0;
    bool task_began_ = false;  ///< any
    std::optional<Time> first_start_;
    std::unique_ptr<os::Group> left_group_;
    bool group_killed_ = false;
    std::unique_ptr<TaskRun> run_;
    const tasks::Manifest* manifest_ = nullptr;
    LastLines last_lines_;
    std::string filtered_;

    std::vector<std::optional<std::int64_t>> exit_codes_;
    bool failed_ = false;
    bool with_issues_ = false;
    std::optional<Reason> reason_;
    std::string summary_;
    std::string last_issue_;
    std::uint64_t told_gap_ = 0;
    bool sync_failed_ = false;
    std::set<Flag> flags_;
    std::optional<wire::Outcome> outcome_;
    bool outcome_created_ = false;
    bool end_durable_ = false;
    bool finished_ = false;
};

}  // namespace slipway::attempt
