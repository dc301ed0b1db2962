#include "agent/cli/version_probe.h"

#include <array>

#include "agent/cli/capabilities.h"

namespace slipway::cli {
namespace {

constexpr Duration answer_within = 2s;
constexpr std::size_t answer_bytes_max = 4096;
constexpr std::string_view group_name = "versions";

}  // namespace

VersionProbe::~VersionProbe() { give_up(); }

void VersionProbe::start(std::map<std::string, std::string> programs, std::function<void(Versions)> done) {
    give_up();
    programs_ = std::move(programs);
    done_ = std::move(done);
    versions_.clear();
    index_ = 0;
    timer_ = loop_.after(0us, [this] { next(); });
}

void VersionProbe::next() {
    // A group that was killed is not used again: Linux 6.14 and later kills whatever is cloned into a cgroup after a
    // cgroup.kill there.
    empty_.reset();
    if (group_) static_cast<void>(groups_.remove(group_name));
    group_.reset();
    const auto& questions = version_questions();
    while (index_ < questions.size()) {
        const VersionQuestion& question = questions[index_++];
        const auto program = programs_.find(question.program);
        if (program == programs_.end()) continue;
        return ask(question.program, program->second);
    }
    timer_.reset();
    const auto done = std::move(done_);
    done(std::move(versions_));
}

void VersionProbe::ask(const std::string& name, const std::string& path) {
    asked_ = name;
    said_.clear();
    timer_ = loop_.after(0us, [this] { next(); });  // if it cannot be started
    if (!group_) {
        auto group = groups_.make(group_name);
        if (!group) return;
        group_ = *std::move(group);
    }
    os::SpawnOptions options;
    options.program = path;
    options.arguments = {path};
    const auto& arguments = version_questions()[index_ - 1].arguments;
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=" + std::string(task_path), "LANG=C.UTF-8", "HOME=/nonexistent"};
    options.output.to = os::Stream::To::pipe;
    options.error.to = os::Stream::To::output;
    options.group = group_.get();
    options.new_privileges = os::NewPrivileges::refused;
    auto process = launcher_.spawn(options, [this](os::Exit) { answered(); });
    if (!process) return;
    process_ = *std::move(process);
    output_ = process_->take_output();
    if (!output_->start([this] { read(); })) return;
    timer_ = loop_.after(answer_within, [this] { answered(); });
}

void VersionProbe::read() {
    std::array<char, answer_bytes_max> bytes;
    const auto got = output_->read(bytes);
    if (!got || (*got && **got == 0)) return output_->pause();
    if (*got && said_.size() < answer_bytes_max) said_.append(bytes.data(), **got);
}

// Its output may end after it, held by a child: what was said until now counts, the rest of its group is killed.
void VersionProbe::answered() {
    read();
    if (const std::string version = version_in(said_); !version.empty()) versions_[asked_] = version;
    process_.reset();
    timer_.reset();
    if (group_->kill()) {
        if (auto empty = group_->on_empty([this] { timer_ = loop_.after(0us, [this] { next(); }); })) {
            empty_ = *std::move(empty);
            return;
        }
    }
    timer_ = loop_.after(answer_within, [this] { next(); });
}

void VersionProbe::stop(std::function<void()> ended) {
    timer_.reset();
    empty_.reset();
    process_.reset();
    output_.reset();
    if (!group_ || !group_->kill()) return ended();
    auto empty = group_->on_empty(ended);
    if (!empty) return ended();
    empty_ = *std::move(empty);
}

void VersionProbe::give_up() {
    timer_.reset();
    empty_.reset();
    process_.reset();
    output_.reset();
    if (group_) static_cast<void>(group_->kill());
    group_.reset();
}

}  // namespace slipway::cli
