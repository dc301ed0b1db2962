#include "platform/os/memory/memory_machine.h"

namespace slipway::os {
namespace {

struct Waiting {
    std::function<void(Exit)> ended;
};

class WaitedProcess final : public Process {
public:
    WaitedProcess(std::shared_ptr<MemoryProcess> process, std::shared_ptr<Waiting> waiting,
                  std::function<void(Signal)> send)
        : process_(std::move(process)), waiting_(std::move(waiting)), send_(std::move(send)) {}
    ~WaitedProcess() override { waiting_->ended = nullptr; }

    const ProcessIdentity& identity() const override { return process_->identity(); }
    Result<> kill(Signal signal) override {
        if (!process_->living())
            return fail(Code::not_found, "process " + std::to_string(identity().id) + " has ended");
        send_(signal);
        return {};
    }
    std::unique_ptr<PipeWriter> take_input() override { return std::move(input); }
    std::unique_ptr<PipeReader> take_output() override { return std::move(output); }
    std::unique_ptr<PipeReader> take_error() override { return std::move(error); }

    std::unique_ptr<PipeWriter> input;
    std::unique_ptr<PipeReader> output;
    std::unique_ptr<PipeReader> error;

private:
    std::shared_ptr<MemoryProcess> process_;
    std::shared_ptr<Waiting> waiting_;
    std::function<void(Signal)> send_;
};

}  // namespace

MemoryLauncher::MemoryLauncher(MemoryMachine& machine, Loop& loop, std::shared_ptr<MemoryProcess> self)
    : machine_(machine), loop_(loop), self_(self ? self->identity() : machine.draw_identity()) {}

MemoryLauncher::~MemoryLauncher() { *alive_ = false; }

Result<std::unique_ptr<Process>> MemoryLauncher::spawn(const SpawnOptions& options, std::function<void(Exit)> ended) {
    TRY_ASSIGN(const auto process, machine_.start(options));
    children_->insert(process->identity().id);
    auto waited = wait_for(process, std::move(ended), true);
    auto& ends = static_cast<WaitedProcess&>(*waited);
    if (options.input.to == Stream::To::pipe) ends.input = process->input_->open_writer();
    if (options.output.to == Stream::To::pipe) ends.output = process->output_->open_reader(loop_);
    if (options.error.to == Stream::To::pipe) ends.error = process->error_->open_reader(loop_);
    machine_.programs_.at(options.program)(process);
    return waited;
}

Result<std::unique_ptr<Process>> MemoryLauncher::attach(const ProcessIdentity& identity,
                                                        std::function<void(Exit)> ended) {
    TRY_ASSIGN(const bool living, alive(identity));
    if (!living) return fail(Code::not_found, "process " + std::to_string(identity.id) + " has ended");
    return wait_for(machine_.processes_.at(identity.id), std::move(ended), false);
}

Result<bool> MemoryLauncher::alive(const ProcessIdentity& identity) {
    if (identity == self_) return true;
    const auto found = machine_.processes_.find(identity.id);
    return found != machine_.processes_.end() && found->second->identity() == identity;
}

std::vector<std::int64_t> MemoryLauncher::children() { return {children_->begin(), children_->end()}; }

std::unique_ptr<Process> MemoryLauncher::wait_for(const std::shared_ptr<MemoryProcess>& process,
                                                  std::function<void(Exit)> ended, bool child) {
    auto waiting = std::make_shared<Waiting>(Waiting{std::move(ended)});
    const std::int64_t id = process->identity().id;
    process->waiting_.push_back([&loop = loop_, alive = alive_, children = children_, waiting, id, child](Exit exit) {
        if (!*alive) return;
        loop.post([alive, children, waiting, id, exit, child] {
            if (!*alive) return;
            if (child) children->erase(id);
            if (const auto function = std::move(waiting->ended)) function(child ? exit : Exit{});
        });
    });
    return std::make_unique<WaitedProcess>(process, waiting, [process](Signal signal) { process->receive(signal); });
}

}  // namespace slipway::os
