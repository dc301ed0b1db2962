#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/attempt/runner.h"
#include "platform/crypto/sha256.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/run/cancel.h"
#include "platform/run/names.h"
#include "tasks/shell/command.h"
#include "tests/suites/os_fixtures.h"

namespace slipway::attempt {

class ShellPrograms final : public Programs {
public:
    Result<Command> command_of(const tasks::Manifest& manifest, const tasks::Inputs& inputs,
                               const std::string& path) override {
        if (manifest.name != "shell") return fail(Code::not_found, "only shell is known here");
        TRY_ASSIGN(auto command, tasks::shell::command_of(inputs, path));
        return Command{command.program, command.arguments, command.script};
    }
};

/// The real machine below a runner: files in a folder of its own, processes, groups of the given level.
class AttemptFixture {
public:
    explicit AttemptFixture(std::optional<os::GroupLevel> level = {}) {
        loop_ = VALUE_OF(os::make_event_loop(clock_));
        watches_ = VALUE_OF(os::make_file_watches(*loop_));
        launcher_ = VALUE_OF(os::make_launcher(*loop_));
        os::GroupsOptions options;
        options.instance = "test-" + to_hex(random_.bytes(4));
        options.level = level;
        options.adopt_orphans_beside = launcher_.get();
        groups_ = VALUE_OF(os::make_groups(*loop_, options));
        attempts_ = VALUE_OF(disk_.root().make_directory("attempts", 0700));
        cache_ = VALUE_OF(disk_.root().make_directory("cache", 0700));
    }
    ~AttemptFixture() {
        for (const auto& name : groups_->list().value_or(std::vector<std::string>{})) {
            for (const auto& part : groups_->parts(name).value_or(std::vector<std::string>{}))
                if (auto group = groups_->open(name + "/" + part); group && *group) empty(***group);
            if (auto group = groups_->open(name); group && *group) empty(***group);
            static_cast<void>(groups_->remove(name));
        }
        if (const std::string& base = groups_->base(); base.starts_with("cgroup:")) ::rmdir(base.substr(7).c_str());
    }

    World world() {
        return {*loop_, clock_, disk_.files(), *watches_, *launcher_, *groups_, programs_, catalogue_, filter_};
    }
    os::EventLoop& loop() { return *loop_; }
    os::Groups& groups() { return *groups_; }
    os::Launcher& launcher() { return *launcher_; }
    os::Directory& attempts() { return *attempts_; }
    os::Directory& cache() { return *cache_; }
    std::string attempts_path() const { return disk_.path() + "/attempts"; }
    std::string cache_path() const { return disk_.path() + "/cache"; }
    const std::string& path() const { return disk_.path(); }

    wire::Order order(std::vector<wire::OrderTask> tasks) {
        wire::Order order;
        order.attempt = make_uuid7(clock_.wall(), random_);
        order.job = make_uuid7(clock_.wall(), random_);
        order.agent = make_uuid7(clock_.wall(), random_);
        order.fence = 7;
        order.name = "Publish";
        order.tasks = std::move(tasks);
        return order;
    }
    static wire::OrderTask shell(const std::string& script) {
        wire::OrderTask task;
        task.name = "Step";
        task.task = "shell@1";
        task.inputs = {{"script", script}, {"interpreter", "sh"}};
        return task;
    }

    /// Everything is ready, `go` is said; the outcome comes while the loop turns.
    void begin(const wire::Order& order) {
        id_ = order.attempt;
        AttemptFiles files = VALUE_OF(make_attempt_files(*attempts_, id_, {"k1", VALUE_OF(launcher_->self())}));
        directory_ = VALUE_OF(attempts_->open_directory(id_));
        RunnerOptions options;
        options.group = "k1";
        options.tasks = VALUE_OF(groups_->make("k1/tasks"));
        options.directory = attempts_path() + "/" + id_;
        options.cache = cache_path();
        options.environment = {{"PATH", "/usr/bin:/bin"}};
        runner_.emplace(world(), std::move(options), order, std::move(files),
                        [this](const wire::Outcome&) { ended_ = true; });
        runner_->start();
    }
    /// Turns the loop until `done`, for at most 20 seconds.
    template <typename Done>
    void turn_until(Done done) {
        const Steady deadline = clock_.steady() + 20s;
        while (!done()) {
            REQUIRE(clock_.steady().us < deadline.us);
            REQUIRE_DONE(loop_->run_once(10ms));
        }
    }
    wire::Outcome finish() {
        turn_until([this] { return ended_; });
        runner_.reset();
        const auto bytes = VALUE_OF(os::read_whole(*directory_, run::outcome_name, 1 << 20));
        REQUIRE(bytes);
        return VALUE_OF(wire::decode_outcome(*bytes));
    }
    wire::Outcome run(const wire::Order& order) {
        begin(order);
        return finish();
    }

    os::Directory& directory() { return *directory_; }
    std::string directory_path() const { return attempts_path() + "/" + id_; }
    std::string text(std::string_view name) {
        return VALUE_OF(os::read_whole(*directory_, name, 1u << 30)).value_or("(missing)");
    }
    std::string log() { return text(run::log_name); }
    std::vector<wire::Event> events() {
        std::vector<wire::Event> events;
        const std::string lines = text(run::events_name);
        for (std::size_t at = 0; at < lines.size();) {
            const std::size_t end = lines.find('\n', at);
            REQUIRE(end != std::string::npos);
            events.push_back(VALUE_OF(wire::decode_event(lines.substr(at, end - at))));
            at = end + 1;
        }
        return events;
    }
    template <typename What>
    std::vector<What> events_of() {
        std::vector<What> found;
        for (const auto& event : events())
            if (const auto* what = std::get_if<What>(&event.what)) found.push_back(*what);
        return found;
    }
    void cancel(std::int64_t grace_s) { REQUIRE_DONE(run::write_cancel(*directory_, grace_s)); }
    void put(os::Directory& directory, const std::string& name, const std::string& bytes) {
        REQUIRE_DONE(os::replace_whole(directory, name, bytes));
    }

private:
    void empty(os::Group& group) {
        static_cast<void>(group.kill());
        turn_until([&] { return group.empty().value_or(false); });
    }

    os::SystemClock clock_;
    os::SystemRandom random_;
    os::SystemFilesFixture disk_;
    std::unique_ptr<os::EventLoop> loop_;
    std::unique_ptr<os::FileWatches> watches_;
    std::unique_ptr<os::Launcher> launcher_;
    std::unique_ptr<os::Groups> groups_;
    std::unique_ptr<os::Directory> attempts_, cache_, directory_;
    ShellPrograms programs_;
    tasks::Catalogue catalogue_ = tasks::Catalogue::built_in();
    PassThrough filter_;
    std::string id_;
    bool ended_ = false;
    std::optional<Runner> runner_;
};

}  // namespace slipway::attempt
