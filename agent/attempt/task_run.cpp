#include "agent/attempt/task_run.h"

#include "platform/base/crash_point.h"

namespace slipway::attempt {
namespace {

constexpr Duration left_over_patience = 2s;      // protocol.md 6: the rest of a task's group has this long to end
constexpr std::size_t buffer_bytes = 64 * 1024;  // of a pipe
constexpr int reads_per_turn = 4;                // a task that never stops writing must not keep the loop

}  // namespace

TaskRun::TaskRun(const Parts& parts, Leave leave, Output output, Ended ended)
    : parts_(parts),
      leave_(leave),
      output_(std::move(output)),
      ended_(std::move(ended)),
      ladder_(parts.loop, [this](os::Signal signal) { send(signal); }) {}

Result<> TaskRun::start(os::SpawnOptions options) {
    options.group = &parts_.group;
    options.input.to = os::Stream::To::null;
    options.output.to = os::Stream::To::pipe;
    options.error.to = os::Stream::To::output;
    CRASH_POINT("attempt.task_before_spawn");
    TRY_ASSIGN(process_, parts_.launcher.spawn(options, [this](os::Exit exit) { own_process_ended(exit); }));
    CRASH_POINT("attempt.task_spawned");
    reader_ = process_->take_output();
    buffer_.resize(buffer_bytes);
    if (!reader_->start([this] { read_output(); })) {
        end_.output_lost = true;
        reader_.reset();
    }
    return {};
}

void TaskRun::stop(Duration grace) { ladder_.begin(parts_.clock.steady(), grace); }

void TaskRun::send(os::Signal signal) {
    if (leave_ == Leave::running) {
        // An error means that it has ended by itself.
        [[maybe_unused]] const auto sent = process_->kill(signal);
    } else if (signal == os::Signal::kill) {
        end_.group_killed = true;
        [[maybe_unused]] const auto killed = parts_.group.kill();
        wait_for_group();
    } else {
        [[maybe_unused]] const auto sent = parts_.group.signal(signal);
    }
}

void TaskRun::own_process_ended(os::Exit exit) {
    process_ended_ = true;
    end_.exit = exit;
    if (leave_ == Leave::running) {
        // They may drop by which they would be known to be this group's.
        if (const auto left = parts_.group.processes())
            for (const std::int64_t process : *left) parts_.group.entered(process);
        read(Amount::all);
        return finish();
    }
    const auto empty = parts_.group.empty();
    if (empty && *empty) return group_is_empty();
    wait_for_group();
    patience_ = parts_.loop.after(left_over_patience, [this] { kill_left_over(); });
}

void TaskRun::wait_for_group() {
    if (empty_watch_) return;
    auto watch = parts_.group.on_empty([this] { group_is_empty(); });
    if (watch) {
        empty_watch_ = std::move(*watch);
        return;
    }
    // Without the system's word, look again: an end that is not proven is none.
    empty_watch_ = parts_.loop.after(100ms, [this] {
        empty_watch_.reset();
        const auto empty = parts_.group.empty();
        if (empty && *empty) return group_is_empty();
        wait_for_group();
    });
}

void TaskRun::kill_left_over() {
    patience_.reset();
    // While it is being stopped, the grace is theirs too: the ladder kills them at its end.
    if (ladder_.begun()) return;
    if (auto processes = parts_.group.processes()) end_.left_over = std::move(*processes);
    end_.group_killed = true;
    [[maybe_unused]] const auto killed = parts_.group.kill();
}

void TaskRun::group_is_empty() {
    empty_watch_.reset();
    // The end of its own process is told by itself and may come a moment later.
    if (!process_ended_ || finished_) return;
    read(Amount::all);
    finish();
}

void TaskRun::read_output() { read(Amount::some); }

void TaskRun::read(Amount amount) {
    for (int count = 0; reader_ && (amount == Amount::all || count < reads_per_turn); ++count) {
        const auto got = reader_->read(buffer_);
        if (got && !*got) return;
        if (!got || **got == 0) {
            end_.output_lost = end_.output_lost || !got;
            reader_.reset();
            return;
        }
        output_(std::string_view(buffer_.data(), **got));
    }
}

void TaskRun::finish() {
    finished_ = true;
    ladder_.end();
    patience_.reset();
    empty_watch_.reset();
    reader_.reset();
    // ended_ may destroy this object.
    const Ended ended = std::move(ended_);
    ended(std::move(end_));
}

}  // namespace slipway::attempt
