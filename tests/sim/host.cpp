#include "tests/sim/host.h"

#include <algorithm>
#include <sstream>

#include "platform/base/assert.h"
#include "platform/base/bytes.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/names.h"

namespace slipway::sim {
namespace {

const std::string state_path = "/state";
const std::string attempts_path = state_path + "/attempts";
const std::string cache_path = state_path + "/cache";
constexpr std::string_view agent_program = "/bin/slipway-agent";
constexpr std::string_view task_program = "/bin/task";
constexpr std::uint64_t reserve_bytes = 4096;

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

std::string variable_of(const os::MemoryProcess& process, const std::string& name) {
    for (const std::string& one : process.environment())
        if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
    return {};
}

}  // namespace

link::Credentials make_credentials() {
    os::ManualClock clock;
    SeededRandom random(1);
    auto key = crypto::PrivateKey::generate();
    ASSERT(key);
    const auto key_text = key->pem();
    ASSERT(key_text);
    auto authority = crypto::CertificateAuthority::create("simulated", clock.wall(), random);
    ASSERT(authority);
    auto certificate =
        authority->issue_agent({key->public_key(), "0193506c-0000-7000-8000-000000000001", clock.wall()}, random);
    ASSERT(certificate);
    return {certificate->pem(), std::string(key_text->view()), authority->certificate().pem(),
            certificate->not_before(), certificate->not_after()};
}

/// Every task is the same program; its script says what it does.
class Host::Script final : public attempt::Programs {
public:
    Result<attempt::Command> command_of(const tasks::Manifest&, const tasks::Inputs& inputs,
                                        const std::string&) override {
        return attempt::Command{std::string(task_program), {"task", inputs.at("script")}, {}};
    }
};

struct Host::LinkRun {
    LinkRun(Scene& scene, os::MemoryMachine& machine)
        : loop(scene.clock),
          launcher(machine, loop),
          groups(machine, loop),
          watches(loop),
          sink(scene),
          logger(sink, scene.clock, scene.tells ? LogLevel::info : LogLevel::error, LogFormat::text) {}

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
          loop(host.scene_.clock),
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

Host::Host(Scene& scene, Network& network, Judge& judge, int number, const core::Agent& agent,
           const link::Credentials& credentials)
    : scene_(scene),
      network_(network),
      judge_(judge),
      number_(number),
      slots_(static_cast<int>(scene.between(1, 2))),
      files_(scene.clock),
      script_(std::make_unique<Script>()) {
    auto state = files_.make_directories(state_path, 0700);
    ASSERT(state);
    ASSERT((*state)->sync());
    auto root = files_.open_directory("/");
    ASSERT(root);
    ASSERT((*root)->sync());
    ASSERT(link::Identity::create(**state, {agent.id, agent.name, "default", "https://coordinator", credentials}));
    machine_.install(std::string(agent_program), [this](auto process) { run_attempt(process); });
    machine_.install(std::string(task_program), [this](auto process) { run_task(process); });
    start_link();
}

Host::~Host() {
    link_.reset();
    attempts_.clear();
}

void Host::start_link() {
    if (link_) return;
    auto run = std::make_unique<LinkRun>(scene_, machine_);
    const auto started = [&]() -> Result<> {
        TRY_ASSIGN(run->state, files_.open_directory(state_path));
        TRY_ASSIGN(run->identity, link::Identity::open(*run->state));
        TRY_ASSIGN(run->journal, journal::Journal::open(*run->state));
        TRY_ASSIGN(run->attempts, os::open_or_make(*run->state, run::attempts_name, 0711));
        run->reserve.emplace(*run->state, reserve_bytes);
        link::AttemptProgram program{std::string(agent_program), attempts_path, cache_path, {"PATH=/bin"}};
        run->processes = std::make_unique<link::SystemAttemptProcesses>(
            link::SystemAttemptProcesses::Parts{run->loop, run->launcher, run->groups, scene_.random, run->logger, 0},
            std::move(program));
        run->processes->remove_empty_groups();
        link::LinkOptions options;
        options.slots = slots_;
        options.boot_id = machine_.boot();
        options.owner = os::MemoryFiles::user;
        options.instance = to_hex(scene_.random.bytes(16));
        options.capabilities = {{"slipway-agent", "1.0.0"}};
        options.capabilities_sha256 = crypto::sha256("slipway-agent");
        LinkRun& parts = *run;
        run->link = std::make_unique<link::Link>(
            link::LinkParts{parts.loop, scene_.clock, scene_.random, parts.logger, parts.watches, *parts.state,
                            *parts.journal, *parts.processes, *parts.identity, *parts.reserve,
                            [this, &parts](const std::string& name) {
                                scene_.after(scene_.within(1ms, 2s), [directory = parts.attempts->path(), this, name] {
                                    auto attempts = files_.open_directory(directory);
                                    if (attempts && (*attempts)->remove_tree(name)) return;
                                });
                            },
                            [this, &parts](const link::Credentials&) -> Result<std::unique_ptr<net::HttpClient>> {
                                return network_.connect(number_, parts.loop, parts.muted);
                            }},
            std::move(options));
        return run->link->start();
    }();
    scene_.tell("host " + std::to_string(number_) + ": the link starts");
    link_ = std::move(run);
    if (!started) scene_.violated("the link cannot start: " + started.error().message);
}

void Host::kill_link() {
    if (!link_) return;
    scene_.tell("host " + std::to_string(number_) + ": the link is killed");
    link_.reset();
    files_.on_operation({});
    files_.process_crash();
    if (scene_.mutation == Mutation::outcome_forgotten) forget_outcomes();
    scene_.after(scene_.within(10ms, 60s), [this] { start_link(); });
}

void Host::cut_power() {
    scene_.tell("host " + std::to_string(number_) + ": the power is cut");
    link_.reset();
    files_.on_operation({});
    for (const auto& run : attempts_) run->over = true;
    clear();
    machine_.restart();
    files_.power_cut(scene_.random);
    directories_.clear();
    scene_.after(scene_.within(5s, 150s), [this] { start_link(); });
}

void Host::kill_attempt() {
    std::vector<AttemptRun*> living;
    for (const auto& run : attempts_)
        if (!run->over) living.push_back(run.get());
    if (living.empty()) return;
    AttemptRun& run =
        *living[static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(living.size()) - 1))];
    scene_.tell("host " + std::to_string(number_) + ": an attempt process is killed");
    run.process->receive(os::Signal::kill);
}

bool Host::resting() const { return link_ && link_->link->status().attempts.empty(); }

void Host::run_attempt(const std::shared_ptr<os::MemoryProcess>& process) {
    auto made = std::make_unique<AttemptRun>(*this, process);
    AttemptRun& run = *made;
    attempts_.push_back(std::move(made));
    process->on_signal([&run](os::Signal signal) {
        if (signal == os::Signal::kill) run.over = true;
    });
    attempt::World world{run.loop,   scene_.clock, files_,        run.watches, run.launcher,
                         run.groups, *script_,     run.catalogue, run.filter};
    attempt::WaitingOptions options{option_of(*process, "--attempts"), option_of(*process, "--name"),
                                    option_of(*process, "--group"),    std::string(state_path),
                                    option_of(*process, "--cache"),    {{"PATH", "/bin"}}};
    run.waiting = std::make_unique<attempt::WaitingProcess>(world, std::move(options), process->open_input(run.loop),
                                                            [this, &run](const Result<attempt::WaitingEnd>& end) {
                                                                if (end && *end == attempt::WaitingEnd::ran)
                                                                    note_outcome(run);
                                                                run.over = true;
                                                                run.process->end({os::Exit::How::exited, end ? 0 : 1});
                                                            });
    run.loop.post([&run] {
        if (run.waiting->start()) return;
        run.over = true;
        run.process->end({os::Exit::How::exited, 1});
    });
}

/// "<milliseconds> <exit code> <bytes of output> <1: heeds no signal>"
void Host::run_task(const std::shared_ptr<os::MemoryProcess>& process) {
    const std::string attempt = variable_of(*process, "SLIPWAY_ATTEMPT");
    const std::string task = variable_of(*process, "SLIPWAY_TASK");
    ASSERT(!attempt.empty() && !task.empty());
    scene_.tell("host " + std::to_string(number_) + ": task " + task + " of attempt " + attempt + " starts");
    judge_.task_started(attempt, std::stoi(task));
    std::istringstream script(process->arguments().at(1));
    std::int64_t milliseconds = 0;
    int code = 0;
    std::size_t bytes = 0;
    int stubborn = 0;
    script >> milliseconds >> code >> bytes >> stubborn;
    const std::shared_ptr<os::PipeWriter> output = process->open_output();
    if (output && bytes > 0) ASSERT(output->write(std::string(bytes, 'x') + "\n"));
    auto open = std::make_shared<std::shared_ptr<os::PipeWriter>>(output);
    const std::weak_ptr<os::MemoryProcess> weak = process;
    process->on_signal([weak, open, stubborn](os::Signal signal) {
        if (stubborn != 0 && signal != os::Signal::kill) return;
        open->reset();
        if (const auto dying = weak.lock(); dying && signal != os::Signal::kill)
            dying->end({os::Exit::How::signaled, 15});
    });
    scene_.after(std::chrono::milliseconds{milliseconds}, [process, open, code] {
        if (!process->living()) return;
        open->reset();
        process->end({os::Exit::How::exited, code});
    });
}

void Host::note_outcome(AttemptRun&) { look_at_directories(); }

void Host::forget_outcomes() {
    auto attempts = files_.open_directory(attempts_path);
    if (!attempts) return;
    const auto listing = run::list_attempts(**attempts);
    if (!listing) return;
    for (const std::string& name : listing->attempts)
        if (auto directory = (*attempts)->open_directory(name))
            static_cast<void>((*directory)->remove(run::outcome_name));
}

/// What lies there: outcomes that are durable now, and whether a directory is gone.
void Host::look_at_directories() {
    auto attempts = files_.open_directory(attempts_path);
    if (!attempts) return;
    const auto listing = run::list_attempts(**attempts);
    if (!listing) return;
    const std::set<std::string> now(listing->attempts.begin(), listing->attempts.end());
    for (const std::string& gone : directories_)
        if (!now.contains(gone)) judge_.directory_gone(gone);
    directories_ = now;
    for (const std::string& name : now) {
        auto directory = (*attempts)->open_directory(name);
        if (!directory) continue;
        auto text = os::read_whole(**directory, run::outcome_name, 1 << 20);
        if (text && *text) judge_.outcome_durable(name, **std::move(text));
    }
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
    return first;
}

// A link that is killed in the middle of a turn does nothing more to the disk, and says nothing more.
void Host::turn_link() {
    if (!scene_.fault(3)) {
        link_->loop.turn();
        return;
    }
    auto left = std::make_shared<std::int64_t>(scene_.between(0, 12));
    LinkRun* const dying = link_.get();
    files_.on_operation([left, dying](std::string_view, const std::string&) -> std::optional<Error> {
        if (--*left >= 0) return {};
        dying->muted = true;
        return Error{Code::io, "killed"};
    });
    link_->loop.turn();
    files_.on_operation({});
    if (!link_->muted) return;
    if (scene_.chance(300)) return cut_power();
    kill_link();
}

void Host::act() {
    const Steady now = scene_.clock.steady();
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
