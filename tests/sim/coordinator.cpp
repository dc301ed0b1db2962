#include "tests/sim/coordinator.h"

#include "platform/base/assert.h"
#include "platform/os/file_steps.h"

namespace slipway::sim {
namespace {

const std::string state_path = "/state";
const std::string logs_path = state_path + "/logs";
constexpr std::int64_t fences_skipped = 1'000'000;  // by a restore (protocol.md 4)

}  // namespace

Coordinator::Coordinator(Scene& scene, Network& network, const crypto::CertificateAuthority& authority)
    : scene_(scene),
      network_(network),
      authority_(authority),
      clock_(scene.new_clock()),
      files_(clock_),
      judge_(scene, [this](const std::string& attempt) {
          const auto file = logs_->read(attempt);
          if (!file) return std::string();
          std::string bytes((*file)->status()->size, '\0');
          ASSERT((*file)->read_at(0, bytes));
          return bytes;
      }) {
    ASSERT(files_.make_directories(logs_path, 0700));
    write_image({}, files_, logs_path);
    network_.serve(*this);
    start();
}

void Coordinator::start() {
    const auto state = files_.open_directory(state_path);
    ASSERT(state);
    auto logs = blobs::AttemptLogs::open(**state);
    ASSERT(logs);
    logs_ = *std::move(logs);
    full_store_ = std::make_unique<FullStore>(*store_);
    desk_ = std::make_unique<desk::Desk>(
        desk::Parts{*full_store_, clock_, scene_.random, orders_, static_cast<desk::LogProbe&>(*this), watchers_});
    scene_.tell("the coordinator starts");
    if (auto loaded = desk_->load(); !loaded)
        scene_.violated("the coordinator cannot start: " + loaded.error().message);
    look();
}

void Coordinator::kill(int power_cut_of_thousand) {
    if (!desk_) return;
    scene_.tell("the coordinator is killed");
    ++life_;
    desk_.reset();
    logs_.reset();
    full_store_.reset();
    files_.process_crash();
    if (scene_.fault(Kind::coordinator_power_cut, power_cut_of_thousand)) files_.power_cut(scene_.random);
    paused_until_ = {};
    files_.on_operation({});
    network_.server_died();
    scene_.after(scene_.within(100ms, 100s), [this, life = life_] {
        if (life == life_) start();
    });
}

void Coordinator::pause(Duration duration) {
    if (!alive()) return;
    scene_.tell("the coordinator is paused");
    paused_until_ = scene_.now() + duration;
}

void Coordinator::fill_disk(Duration duration) {
    scene_.tell("the coordinator's disk is full");
    disk_full_ = true;
    files_.set_free_bytes(static_cast<std::uint64_t>(scene_.between(0, 20'000)));
    scene_.after(duration, [this] {
        scene_.tell("the coordinator's disk has room again");
        disk_full_ = false;
        files_.set_free_bytes({});
    });
}

void Coordinator::back_up() {
    if (!alive()) return;
    scene_.tell("the coordinator is backed up");
    // The rows first: a log may be newer than what they say of it, never older.
    backup_ = Backup{store::copy_memory_store(*store_), copy_of(files_, logs_path), judge_.told()};
    serials_since_backup_.clear();
}

void Coordinator::restore() {
    if (!backup_ || disk_full_) return;
    kill();
    scene_.tell("the coordinator is restored from its backup");
    scene_.happens(Kind::coordinator_restored);
    store_ = store::copy_memory_store(*backup_->store);
    serials_lost_.merge(serials_since_backup_);
    // Somebody may have kept the logs as they were.
    if (scene_.chance(800)) write_image(backup_->logs, files_, logs_path);
    Judge::Hold hold;
    hold.epoch = ++restores_;
    auto tx = store_->begin();
    ASSERT(tx);
    hold.counter = *(*tx)->counter(store::Counter::fence);
    ASSERT((*tx)->set_counter(store::Counter::restore_epoch, hold.epoch));
    ASSERT((*tx)->set_counter(store::Counter::restored_fence, hold.counter));
    ASSERT((*tx)->set_counter(store::Counter::fence, hold.counter + fences_skipped));
    auto jobs = (*tx)->unfinished_jobs();
    ASSERT(jobs);
    for (core::Job& job : *jobs) {
        hold.jobs.insert(job.id);
        job.held_by_restore = scene_.mutation == Mutation::hold_ignored ? 0 : hold.epoch;
        ASSERT((*tx)->update(job));
    }
    ASSERT((*tx)->commit());
    judge_.restored(backup_->told, std::move(hold));
}

void Coordinator::look() {
    const auto reader = store_->read();
    ASSERT(reader);
    judge_.look(**reader);
}

void Coordinator::look_at_end(const std::set<int>& lost_hosts, Served served) {
    const auto reader = store_->read();
    ASSERT(reader);
    judge_.look_at_end(**reader, lost_hosts);
    for (const core::Job& job : jobs()) {
        if (job.state != JobState::queued || job.held_by_restore != 0 || served == Served::no) continue;
        const Waiting why = why_waiting(job);
        if (why == Waiting::none_online || why == Waiting::all_busy)
            scene_.violated("job " + job.id + " is queued for ever");
    }
}

void Coordinator::turn(const Run& run, const std::function<void(const Error&)>& failed) {
    const Crash crash = scene_.fault(Kind::coordinator_killed_before_commit, 4)  ? Crash::before_commit
                        : scene_.fault(Kind::coordinator_killed_after_commit, 4) ? Crash::after_commit
                                                                                 : Crash::none;
    mute_ = crash != Crash::none;
    const bool full = disk_full_ && scene_.chance(700);
    full_store_->set_full(full && scene_.chance(300));
    const desk::Desk::Work works[] = {{[&](desk::Turn& turn) {
                                           run(turn);
                                           if (crash == Crash::before_commit)
                                               turn.abandon({Code::io, "killed before the commit"});
                                           else if (full)
                                               turn.abandon({Code::disk_full, "the disk of the database is full"});
                                       },
                                       [&](const Error& error) {
                                           if (failed) failed(error);
                                       }}};
    desk_->run(works);
    full_store_->set_full(false);
    mute_ = false;
    look();
    if (crash != Crash::none) kill();
}

std::optional<Steady> Coordinator::next() const {
    const auto moment = desk_ ? desk_->next_deadline() : std::nullopt;
    return moment ? std::optional(std::max(*moment, paused_until_)) : std::nullopt;
}

void Coordinator::tick() {
    const bool crash = scene_.fault(Kind::coordinator_killed_after_commit, 4);
    mute_ = crash;
    full_store_->set_full(disk_full_ && scene_.chance(700));
    desk_->tick();
    full_store_->set_full(false);
    mute_ = false;
    look();
    if (crash) kill();
}

std::vector<core::Job> Coordinator::jobs() {
    const auto reader = store_->read();
    ASSERT(reader);
    store::Page page;
    page.limit = 1000;
    auto all = (*reader)->jobs({}, page);
    ASSERT(all);
    return std::move(all->jobs);
}

std::vector<core::Agent> Coordinator::agents() {
    const auto reader = store_->read();
    ASSERT(reader);
    auto all = (*reader)->all_agents();
    ASSERT(all);
    return *std::move(all);
}

}  // namespace slipway::sim
