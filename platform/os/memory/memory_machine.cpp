#include "platform/os/memory/memory_machine.h"

#include "platform/base/bytes.h"

namespace slipway::os {

std::unique_ptr<PipeReader> MemoryProcess::open_input(Loop& loop) {
    return input_ ? input_->open_reader(loop) : nullptr;
}
std::unique_ptr<PipeWriter> MemoryProcess::open_output() { return output_ ? output_->open_writer() : nullptr; }
std::unique_ptr<PipeWriter> MemoryProcess::open_error() { return error_ ? error_->open_writer() : nullptr; }

void MemoryProcess::end(Exit exit) {
    if (!living_) return;
    living_ = false;
    signaled_ = nullptr;
    const auto waiting = std::move(waiting_);
    for (const auto& function : waiting) function(exit);
    if (const auto ended = std::move(ended_)) ended();
}

void MemoryProcess::receive(Signal signal) {
    if (const auto function = signaled_) function(signal);
    if (signal == Signal::kill || !signaled_)
        end({Exit::How::signaled, signal == Signal::interrupt   ? 2
                                  : signal == Signal::terminate ? 15
                                  : signal == Signal::hang_up   ? 1
                                                                : 9});
}

void MemoryMachine::install(const std::string& path, Program program) {
    programs_.insert_or_assign(path, std::move(program));
}

void MemoryMachine::restart() {
    for (const auto& [id, process] : processes_) {
        process->living_ = false;
        process->waiting_.clear();
        process->signaled_ = nullptr;
    }
    processes_.clear();
    groups_.clear();
    questions_.clear();
    boot_ = name_ + "-" + std::to_string(++boots_);
    last_process_ = 100;
}

std::vector<std::shared_ptr<MemoryProcess>> MemoryMachine::processes() const {
    std::vector<std::shared_ptr<MemoryProcess>> all;
    for (const auto& [id, process] : processes_) all.push_back(process);
    return all;
}

ProcessIdentity MemoryMachine::draw_identity() {
    ++last_process_;
    return {boot_, last_process_, static_cast<std::uint64_t>(last_process_) * 10};
}

Result<std::shared_ptr<MemoryProcess>> MemoryMachine::start(const SpawnOptions& options) {
    const auto program = programs_.find(options.program);
    if (program == programs_.end())
        return fail(Code::not_found, "starting '" + printable(options.program) + "': No such file or directory");
    auto process = std::make_shared<MemoryProcess>();
    process->identity_ = draw_identity();
    process->arguments_ = options.arguments;
    process->environment_ = options.environment;
    process->directory_ = options.directory != nullptr ? options.directory->path() : options.directory_path;
    if (options.group != nullptr) process->group_ = options.group->name();
    if (options.input.to == Stream::To::pipe) process->input_.emplace();
    if (options.output.to == Stream::To::pipe) process->output_.emplace();
    if (options.error.to == Stream::To::pipe) process->error_.emplace();
    if (options.error.to == Stream::To::output) process->error_ = process->output_;
    const std::int64_t id = process->identity_.id;
    process->ended_ = [this, id] {
        processes_.erase(id);
        look_at_groups();
    };
    processes_.emplace(id, process);
    return process;
}

std::vector<std::shared_ptr<MemoryProcess>> MemoryMachine::members(const std::string& group) const {
    std::vector<std::shared_ptr<MemoryProcess>> found;
    for (const auto& [id, process] : processes_)
        if (process->group_ == group || process->group_.starts_with(group + "/")) found.push_back(process);
    return found;
}

void MemoryMachine::look_at_groups() {
    for (auto question = questions_.begin(); question != questions_.end();) {
        if (!members(question->second.group).empty()) {
            ++question;
            continue;
        }
        const auto answer = std::move(question->second.answer);
        question = questions_.erase(question);
        answer();
    }
}

}  // namespace slipway::os
