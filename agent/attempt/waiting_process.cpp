#include "agent/attempt/waiting_process.h"

#include <array>

#include "platform/base/crash_point.h"
#include "platform/base/ids.h"
#include "platform/os/file_steps.h"
#include "platform/run/names.h"
#include "platform/wire/envelope.h"

namespace slipway::attempt {

WaitingProcess::WaitingProcess(const World& world, WaitingOptions options, std::unique_ptr<os::PipeReader> input,
                               Ended ended)
    : world_(world), options_(std::move(options)), input_(std::move(input)), ended_(std::move(ended)) {}

Result<> WaitingProcess::start() {
    TRY_ASSIGN(attempts_, world_.files.open_directory(options_.attempts));
    TRY_ASSIGN(tasks_, world_.groups.make(options_.group + "/" + std::string(run::tasks_group)));
    TRY_ASSIGN(auto identity, world_.launcher.self());
    TRY_ASSIGN(files_, make_attempt_files(*attempts_, options_.name, {options_.group, std::move(identity)}));
    CRASH_POINT("attempt.waiting_made");
    return input_->start([this] { listen(); });
}

void WaitingProcess::listen() {
    std::array<char, 16 * 1024> buffer;
    for (;;) {
        const auto got = input_->read(buffer);
        if (!got) return end(fail(got.error()));
        if (!*got) return;
        if (**got == 0) return end(lost_ ? WaitingEnd::lost : WaitingEnd::abandoned);
        if (auto fed = handover_.feed({buffer.data(), **got}); !fed) return end(fail(std::move(fed).error()));
        if (auto taken = take_in(); !taken) return end(fail(std::move(taken).error()));
        if (handover_.go()) return lost_ ? end(WaitingEnd::lost) : go();
    }
}

Result<> WaitingProcess::take_in() {
    const auto document = handover_.take_order();
    return document ? claim(*document) : Result<>();
}

Result<> WaitingProcess::claim(const std::string& document) {
    TRY_ASSIGN(order_, wire::open_order(document));
    // It becomes the name of a directory.
    if (!is_uuid(order_->attempt)) return fail(Code::invalid, "the order names an attempt that is no UUID");
    CRASH_POINT("attempt.order_before");
    TRY(os::replace_whole(*files_->directory, run::order_name, document));
    CRASH_POINT("attempt.order_written");
    const auto renamed = attempts_->rename(options_.name, *attempts_, order_->attempt, os::Replace::no);
    CRASH_POINT("attempt.claimed");
    if (!renamed && renamed.error().code == Code::conflict)
        lost_ = true;
    else if (!renamed)
        return fail(renamed.error());
    return {};
}

void WaitingProcess::go() {
    // From here on nothing that the link does or does not do over this stream ends the attempt.
    input_.reset();
    RunnerOptions options;
    options.group = options_.group;
    options.tasks = std::move(tasks_);
    options.directory = options_.attempts + "/" + order_->attempt;
    options.state = options_.state;
    options.cache = options_.cache;
    options.environment = std::move(options_.environment);
    runner_ = std::make_unique<Runner>(world_, std::move(options), std::move(*order_), std::move(*files_),
                                       [this](const wire::Outcome&) { end(WaitingEnd::ran); });
    runner_->start();
}

void WaitingProcess::end(Result<WaitingEnd> how) {
    if (input_) input_->pause();
    // What nobody has claimed is nobody's truth.
    if (!runner_ && (!order_ || lost_ || !how)) [[maybe_unused]]
        const auto removed = attempts_->remove_tree(options_.name);
    end_ = world_.loop.after(Duration::zero(), [this, how = std::move(how)] { ended_(how); });
}

}  // namespace slipway::attempt
