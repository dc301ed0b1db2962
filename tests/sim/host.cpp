#include "tests/sim/host.h"

#include <algorithm>

#include "platform/base/assert.h"
#include "platform/base/bytes.h"
#include "platform/crypto/certificate.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "platform/run/names.h"
#include "tests/sim/host_paths.h"

// A host's life: its link, its attempt processes, its power and its disk.
namespace slipway::sim {
namespace {

constexpr journal::JournalOptions small_journal{.allocation_step = 16 * 1024, .swap_bytes_min = 4 * 1024};
constexpr std::uint64_t reserve_bytes = 4096;
constexpr std::uint64_t cache_bytes_max = 300'000;

class NoLog final : public LogSink {
public:
    explicit NoLog(Scene& scene) : scene_(scene) {}
    void write(std::string_view line) override {
        while (line.ends_with('\n')) line.remove_suffix(1);
        scene_.tell("    " + std::string(line));
    }

private:
    Scene& scene_;
};

std::string option_of(const os::MemoryProcess& process, std::string_view name) {
    const auto& all = process.arguments();
    const auto found = std::ranges::find(all, name);
    ASSERT(found != all.end() && found + 1 != all.end());
    return *(found + 1);
}

}  // namespace

DiskImage enrolled_disk(const core::Agent& agent, const link::Credentials& credentials) {
    os::ManualClock clock;
    os::MemoryFiles files(clock);
    const auto state = files.make_directories(state_path, 0700);
    ASSERT(state);
    ASSERT(link::Identity::create(**state, {agent.id, agent.name, "default", "https://coordinator", credentials}));
    return copy_of(files, state_path);
}

/// Every task is the same program; its script says what it does.
class Host::Script final : public attempt::Programs {
public:
    Result<attempt::Command> command_of(const tasks::Manifest&, const tasks::Inputs& inputs,
                                        const std::string&) override {
        return attempt::Command{task_program, {"task", inputs.at("script")}, {}};
    }
};

struct Host::LinkRun {
    LinkRun(Scene& scene, os::ManualClock& clock, os::MemoryMachine& machine)
        : loop(clock),
          launcher(machine, loop),
          groups(machine, loop),
          watches(loop),
          sink(scene),
          logger(sink, clock, scene.tells ? LogLevel::info : LogLevel::error, LogFormat::text) {}

    os::ManualLoop loop;
    os::MemoryLauncher launcher;
    os::MemoryGroups groups;
    os::MemoryFileWatches watches;
    NoLog sink;
    Logger logger;
    bool muted = false;
    std::unique_ptr<os::Directory> state;
    std::optional<os::Reserve> reserve;
    std::unique_ptr<os::Directory> attempts;
    std::unique_ptr<link::Identity> identity;
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<link::SystemAttemptProcesses> processes;
    std::unique_ptr<link::Link> link;
};

struct Host::AttemptRun {
    AttemptRun(Host& host, std::shared_ptr<os::MemoryProcess> process_)
        : process(std::move(process_)),
          loop(host.clock_),
          watches(loop),
          launcher(host.machine_, loop, process),
          groups(host.machine_, loop) {}

    std::shared_ptr<os::MemoryProcess> process;
    os::ManualLoop loop;
    os::MemoryFileWatches watches;
    os::MemoryLauncher launcher;
    os::MemoryGroups groups;
    attempt::PassThrough filter;
    tasks::Catalogue catalogue = tasks::Catalogue::built_in();
    std::unique_ptr<attempt::WaitingProcess> waiting;
    bool over = false;
};

Host::Host(Scene& scene, Network& network, Judge& judge, Options options)
    : scene_(scene),
      network_(network),
      judge_(judge),
      options_(std::move(options)),
      clock_(scene.new_clock()),
      files_(std::make_unique<os::MemoryFiles>(clock_)),
      machine_("host" + std::to_string(options_.number)),
      children_loop_(clock_),
      script_(std::make_unique<Script>()) {
    write_image(options_.disk, *files_, state_path);
    judge_.host_is(options_.number, options_.agent.id);
    machine_.install(agent_program, [this](auto process) { run_attempt(process); });
    machine_.install(task_program, [this](auto process) { run_task(process); });
    machine_.install(child_program, [this](auto process) { run_child(process); });
    start_link();
}

Host::~Host() {
    link_.reset();
    attempts_.clear();
}

void Host::start_link() {
    if (link_ || off_) return;
    auto run = std::make_unique<LinkRun>(scene_, clock_, machine_);
    const auto started = start(*run);
    scene_.tell("host " + std::to_string(options_.number) + ": the link starts");
    if (started) {
        link_ = std::move(run);
        return;
    }
    run.reset();
    files_->process_crash();
    if (!disk_full_ || started.error().code != Code::disk_full)
        scene_.violated("the link cannot start: " + started.error().message);
    boot_later();
}

Result<> Host::start(LinkRun& run) {
    TRY_ASSIGN(run.state, files_->open_directory(state_path));
    TRY_ASSIGN(run.identity, link::Identity::open(*run.state));
    TRY_ASSIGN(run.journal, journal::Journal::open(*run.state, small_journal));
    TRY_ASSIGN(run.attempts, os::open_or_make(*run.state, run::attempts_name, 0711));
    const auto journal = run.state->open_directory("journal");
    if (const auto other = journal ? (*journal)->status("1") : fail(journal.error()); other && *other)
        scene_.happens(Kind::journal_swapped);
    run.reserve.emplace(*run.state, reserve_bytes);
    link::AttemptProgram program{agent_program, attempts_path, cache_path, {"PATH=/bin"}};
    run.processes = std::make_unique<link::SystemAttemptProcesses>(
        link::SystemAttemptProcesses::Parts{run.loop, run.launcher, run.groups, scene_.random, run.logger, 0},
        std::move(program));
    run.processes->remove_empty_groups();
    instance_ = to_hex(scene_.random.bytes(16));
    link::LinkOptions options;
    options.slots = options_.slots;
    options.boot_id = machine_.boot();
    options.owner = os::MemoryFiles::user;
    options.instance = instance_;
    options.capabilities = {{"slipway-agent", "1.0.0"}};
    options.capabilities_sha256 = crypto::sha256("slipway-agent");
    options.cache_bytes_max = cache_bytes_max;
    const auto remove = [this](const std::string& name) {
        scene_.after(scene_.within(1ms, 2s), [this, name] {
            if (const auto attempts = files_->open_directory(attempts_path))
                static_cast<void>((*attempts)->remove_tree(name));
        });
    };
    const auto connect = [this, &run](const link::Credentials& with) -> Result<std::unique_ptr<net::HttpClient>> {
        TRY_ASSIGN(const auto certificate, crypto::Certificate::from_pem(with.certificate));
        return network_.connect({options_.number, options_.agent.id, certificate.serial(), certificate.not_after()},
                                run.loop, run.muted);
    };
    run.link = std::make_unique<link::Link>(
        link::LinkParts{run.loop, clock_, scene_.random, run.logger, run.watches, *run.state, *run.journal,
                        *run.processes, *run.identity, *run.reserve, remove, connect},
        std::move(options));
    return run.link->start();
}

void Host::boot_later() {
    scene_.after(scene_.within(10ms, 60s), [this, life = life_] {
        when_running([this, life] {
            if (life == life_) start_link();
        });
    });
}

void Host::kill_link() {
    if (!link_) return;
    scene_.tell("host " + std::to_string(options_.number) + ": the link is killed");
    const bool held = !link_->link->status().attempts.empty();
    link_.reset();
    files_->on_operation({});
    files_->process_crash();
    spoil_disk(held);
    look_at_outcomes();
    boot_later();
}

void Host::lose_power() {
    link_.reset();
    ++life_;
    files_->on_operation({});
    for (const auto& run : attempts_) run->over = true;
    clear();
    machine_.restart();
    paused_until_ = {};
}

void Host::cut_power() {
    if (off_) return;
    scene_.tell("host " + std::to_string(options_.number) + ": the power is cut");
    blur(link_ && link_->muted);
    lose_power();
    files_->power_cut(scene_.random);
    directories_.clear();
    boot_later();
}

void Host::kill_attempt() {
    std::vector<AttemptRun*> living;
    for (const auto& run : attempts_)
        if (!run->over) living.push_back(run.get());
    if (living.empty()) return;
    AttemptRun& run =
        *living[static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(living.size()) - 1))];
    scene_.tell("host " + std::to_string(options_.number) + ": an attempt process is killed");
    scene_.happens(Kind::attempt_killed);
    run.process->receive(os::Signal::kill);
}

/// All that runs here stands still, and does not know it.
void Host::pause(Duration duration) {
    scene_.tell("host " + std::to_string(options_.number) + ": is paused");
    paused_until_ = scene_.now() + duration;
}

void Host::when_running(std::function<void()> function) {
    if (scene_.now() >= paused_until_) return function();
    scene_.after(paused_until_ - scene_.now(), [this, function = std::move(function)] { when_running(function); });
}

void Host::fill_disk(Duration duration) {
    scene_.tell("host " + std::to_string(options_.number) + ": the disk is full");
    disk_full_ = true;
    files_->set_free_bytes(static_cast<std::uint64_t>(scene_.between(0, 10'000)));
    scene_.after(duration, [this] {
        scene_.tell("host " + std::to_string(options_.number) + ": the disk has room again");
        disk_full_ = false;
        files_->set_free_bytes({});
    });
}

void Host::switch_off() {
    scene_.tell("host " + std::to_string(options_.number) + ": is switched off for good");
    off_ = true;
    lose_power();
}

std::vector<std::string> Host::attempts_here() {
    look_at_directories();
    std::vector<std::string> all(directories_.begin(), directories_.end());
    if (link_)
        for (const auto& held : link_->link->status().attempts) all.push_back(held.attempt);
    return all;
}

DiskImage Host::copy_disk() {
    judge_.copied(options_.agent.id, attempts_here());
    return copy_of(*files_, state_path);
}

void Host::keep_copy() {
    if (!link_) return;
    copy_ = copy_of(*files_, state_path);
    open_in_copy_ = attempts_here();
}

void Host::restore_copy() {
    if (!copy_ || off_ || disk_full_) return;
    scene_.tell("host " + std::to_string(options_.number) + ": the disk is restored from a copy");
    scene_.happens(Kind::disk_restored);
    judge_.copied(options_.agent.id, attempts_here());
    judge_.copied(options_.agent.id, open_in_copy_);
    judge_.disk_gone(options_.number);
    lose_power();
    files_ = std::make_unique<os::MemoryFiles>(clock_);
    write_image(*copy_, *files_, state_path);
    directories_.clear();
    with_outcome_.clear();
    boot_later();
}

bool Host::resting() const { return link_ && link_->link->status().attempts.empty(); }

void Host::run_attempt(const std::shared_ptr<os::MemoryProcess>& process) {
    auto made = std::make_unique<AttemptRun>(*this, process);
    AttemptRun& run = *made;
    attempts_.push_back(std::move(made));
    process->on_signal([&run](os::Signal signal) {
        if (signal == os::Signal::kill) run.over = true;
    });
    attempt::World world{run.loop,   clock_,   *files_,       run.watches, run.launcher,
                         run.groups, *script_, run.catalogue, run.filter};
    attempt::WaitingOptions options{option_of(*process, "--attempts"), option_of(*process, "--name"),
                                    option_of(*process, "--group"),    state_path,
                                    option_of(*process, "--cache"),    {{"PATH", "/bin"}}};
    run.waiting = std::make_unique<attempt::WaitingProcess>(world, std::move(options), process->open_input(run.loop),
                                                            [this, &run](const Result<attempt::WaitingEnd>& end) {
                                                                if (end && *end == attempt::WaitingEnd::ran)
                                                                    look_at_directories();
                                                                run.over = true;
                                                                run.process->end({os::Exit::How::exited, end ? 0 : 1});
                                                            });
    run.loop.post([&run] {
        if (run.waiting->start()) return;
        run.over = true;
        run.process->end({os::Exit::How::exited, 1});
    });
}

/// What the mutations of this side do to a disk between two runs of the link.
void Host::spoil_disk(bool held) {
    const Mutation mutation = scene_.mutation;
    if (mutation == Mutation::outcome_forgotten)
        for (const std::string& attempt : directories_)
            if (const auto directory = files_->open_directory(attempts_path + "/" + attempt))
                static_cast<void>((*directory)->remove(run::outcome_name));
    if ((mutation == Mutation::journal_lost && held) || (mutation == Mutation::highest_fence_lost && !held))
        if (const auto state = files_->open_directory(state_path)) static_cast<void>((*state)->remove_tree("journal"));
}

void Host::clear() {
    std::erase_if(attempts_, [](const auto& run) { return run->over; });
}

std::optional<Steady> Host::next() {
    std::optional<Steady> first;
    const auto take = [&](os::ManualLoop& loop) {
        const auto moment = loop.next();
        if (moment && (!first || *moment < *first)) first = moment;
    };
    if (link_) take(link_->loop);
    for (const auto& run : attempts_)
        if (!run->over) take(run->loop);
    return first ? std::optional(std::max(*first, paused_until_)) : std::nullopt;
}

// A link that is killed in the middle of a turn does nothing more to the disk, and says nothing more.
void Host::turn_link() {
    if (!scene_.fault(Kind::link_killed_in_turn, 3)) {
        link_->loop.turn();
        return;
    }
    auto left = std::make_shared<std::int64_t>(scene_.between(0, 12));
    LinkRun* const dying = link_.get();
    files_->on_operation([left, dying](std::string_view, const std::string&) -> std::optional<Error> {
        if (--*left >= 0) return {};
        dying->muted = true;
        return Error{Code::io, "killed"};
    });
    link_->loop.turn();
    files_->on_operation({});
    if (!link_->muted) return;
    if (scene_.chance(300)) return cut_power();
    kill_link();
}

void Host::act() {
    const Steady now = scene_.now();
    std::vector<AttemptRun*> due;
    for (const auto& run : attempts_)
        if (const auto moment = run->over ? std::nullopt : run->loop.next(); moment && *moment <= now)
            due.push_back(run.get());
    const auto moment = link_ ? link_->loop.next() : std::nullopt;
    const bool link_due = moment && *moment <= now;
    const std::int64_t last = static_cast<std::int64_t>(due.size()) - (link_due ? 0 : 1);
    const auto pick = static_cast<std::size_t>(scene_.between(0, std::max<std::int64_t>(last, 0)));
    if (pick < due.size())
        due[pick]->loop.turn();
    else if (link_due)
        turn_link();
    clear();
    look_at_directories();
}

}  // namespace slipway::sim
