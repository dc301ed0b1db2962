#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/attempt/stop_ladder.h"
#include "platform/os/group.h"
#include "platform/os/loop.h"
#include "platform/os/process.h"

namespace slipway::attempt {

enum class Leave { nothing, running };

struct TaskEnd {
    os::Exit exit;                        ///< of the task's own process
    std::vector<std::int64_t> left_over;  ///< processes that did not end with it and were killed
    bool group_killed = false;            ///< the whole group, once at least
    bool output_lost = false;             ///< reading failed in the middle
};

/// One task from the start of its process until its group is proven empty and its output is read to the end. With
/// Leave::running it ends with its own process, and what else lives in the group goes on.
class TaskRun {
public:
    struct Parts {
        os::Loop& loop;
        Clock& clock;
        os::Launcher& launcher;
        os::Group& group;
    };
    using Output = std::function<void(std::string_view)>;
    using Ended = std::function<void(TaskEnd)>;

    TaskRun(const Parts& parts, Leave leave, Output output, Ended ended);

    /// options.group and the streams are set here. An error: nothing runs, `ended` is never called. Else `ended` is
    /// called once, not inside this call; it may destroy this object.
    Result<> start(os::SpawnOptions options);
    /// Asks it to end within `grace`, then kills the group (with Leave::running only its own process).
    void stop(Duration grace);

private:
    void send(os::Signal signal);
    void own_process_ended(os::Exit exit);
    void wait_for_group();
    void kill_left_over();
    void group_is_empty();
    void read_output();
    enum class Amount { some, all };
    void read(Amount amount);
    void finish();

    Parts parts_;
    Leave leave_;
    Output output_;
    Ended ended_;
    StopLadder ladder_;
    std::unique_ptr<os::Process> process_;
    std::unique_ptr<os::PipeReader> reader_;
    std::vector<char> buffer_;
    os::Handle empty_watch_;
    os::Handle patience_;
    bool process_ended_ = false;
    bool finished_ = false;
    TaskEnd end_;
};

}  // namespace slipway::attempt
