#include "agent/cli/run.h"

#include <iostream>
#include <optional>

#include "agent/cli/arguments.h"
#include "agent/cli/capabilities.h"
#include "agent/cli/configuration.h"
#include "agent/cli/state_directory.h"
#include "agent/cli/status_file.h"
#include "agent/cli/version_probe.h"
#include "agent/link/attempt_processes_system.h"
#include "agent/link/directory_remover.h"
#include "agent/link/link.h"
#include "platform/base/crash_point.h"
#include "platform/crypto/sha256.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/os/notify.h"
#include "platform/os/reserve.h"
#include "platform/run/names.h"

namespace slipway::cli {
namespace {

constexpr const char* usage =
    "usage: slipway-agent run [--once] [--state DIR] [--config FILE] [--slots N] [--log-level LEVEL] [--log-format "
    "FORMAT]";
constexpr Duration once_within = 60s;
constexpr Duration look_again = 24h;
constexpr Duration status_pause = 1s;
constexpr Duration end_within = 5s;
constexpr Duration rest_after = 65s;  // by then the connections that only work needs are closed
constexpr os::Native own_error_output = 2;

enum ExitCode { ended = 0, failed = 1, bad_usage = 2, not_enrolled = 3, in_use = 5, nothing_came = 6 };

int complain(ExitCode code, const std::string& message) {
    std::cerr << "slipway-agent run: " << message << "\n";
    return code;
}

/// A name that agents with other state directories do not have.
std::string groups_instance(const std::string& state) { return "agent-" + crypto::sha256(state).substr(0, 12); }

/// What an attempt process needs of the agent's own environment, and nothing else of it.
std::vector<std::string> attempt_environment(const os::Environment& environment) {
    std::vector<std::string> kept{"PATH=" + std::string(task_path)};
    std::vector<const char*> names{"HOME", "LANG"};
    names.insert(names.end(), crash_variables.begin(), crash_variables.end());
    for (const char* name : names)
        if (const auto found = environment.find(name); found != environment.end())
            kept.push_back(found->first + "=" + found->second);
    return kept;
}

/// The parts of a running agent, in the order in which they need each other.
class Agent {
public:
    Agent(const Call& call, const Arguments& arguments, Configuration configuration, os::Files& files)
        : call_(call),
          arguments_(arguments),
          configuration_(std::move(configuration)),
          files_(files),
          logger_(sink_, clock_, configuration_.log_level, configuration_.log_format) {}

    int run();

private:
    Result<> open();
    Result<> start();
    Result<> follow_signals();
    link::LinkOptions link_options();
    void look_at_machine();
    void take_versions(const VersionProbe::Versions& versions);
    void reload();
    void status_later();
    void write_status_now();
    void watch_for_rest(const link::LinkStatus& seen);
    void beat_watchdog();
    void once_ended(const wire::Outcome& outcome);
    void end();
    Result<std::unique_ptr<net::HttpClient>> connect(const link::Credentials& credentials);

    const Call& call_;
    const Arguments& arguments_;
    Configuration configuration_;
    os::Files& files_;
    os::SystemClock clock_;
    os::SystemRandom random_;
    StderrSink sink_;
    Logger logger_;
    int exit_code_ = ended;

    StateDirectory state_;
    std::optional<os::Reserve> reserve_;
    std::unique_ptr<link::Identity> identity_;
    std::unique_ptr<os::Notifier> notifier_;
    std::unique_ptr<os::EventLoop> loop_;
    os::Handle clock_pushes_;
    std::vector<os::Handle> signals_;
    std::unique_ptr<os::Launcher> launcher_;
    std::unique_ptr<os::Groups> groups_;
    std::unique_ptr<os::FileWatches> watches_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<link::SystemAttemptProcesses> processes_;
    std::unique_ptr<link::DirectoryRemover> remover_;
    FoundCapabilities found_;
    std::unique_ptr<VersionProbe> probe_;
    std::unique_ptr<link::Link> link_;
    os::Handle look_again_;
    os::Handle once_timer_;
    os::Handle status_timer_;
    os::Handle rest_timer_;
    bool worked_ = true;  ///< since it last began to wait for its rest
    os::Handle watchdog_timer_;
    os::Handle end_timer_;
};

Result<> Agent::open() {
    TRY_ASSIGN(notifier_, os::make_notifier(call_.environment));
    TRY_ASSIGN(state_, open_state(files_, configuration_.state));
    reserve_.emplace(*state_.directory);
    if (auto released = reserve_->release_if_low(); !released || *released)
        logger_.error("the disk is full: the reserve is freed, make room", {{"path", configuration_.state}});
    TRY_ASSIGN(identity_, link::Identity::open(*state_.directory));
    TRY_ASSIGN(loop_, os::make_event_loop(clock_));
    TRY_ASSIGN(clock_pushes_, os::follow_pushes(*loop_, clock_));
    TRY(follow_signals());
    TRY(os::raise_open_files());
    TRY_ASSIGN(launcher_, os::make_launcher(*loop_));
    TRY_ASSIGN(groups_, os::make_groups(*loop_, {.instance = groups_instance(configuration_.state)}));
    TRY_ASSIGN(watches_, os::make_file_watches(*loop_));
    TRY_ASSIGN(journal_, journal::Journal::open(*state_.directory));
    TRY_ASSIGN(auto attempts, os::open_or_make(*state_.directory, run::attempts_name, 0711));
    remover_ = std::make_unique<link::DirectoryRemover>(std::move(attempts));
    return {};
}

Result<> Agent::follow_signals() {
    for (const os::Signal signal : {os::Signal::terminate, os::Signal::interrupt}) {
        TRY_ASSIGN(auto handle, loop_->on_signal(signal, [this] { end(); }));
        signals_.push_back(std::move(handle));
    }
    TRY_ASSIGN(auto handle, loop_->on_signal(os::Signal::hang_up, [this] { reload(); }));
    signals_.push_back(std::move(handle));
    return {};
}

Result<std::unique_ptr<net::HttpClient>> Agent::connect(const link::Credentials& credentials) {
    net::ClientOptions options;
    options.tls = {.trust = net::TrustRoots{credentials.trust},
                   .dates = net::Dates::ignored,
                   .identity = net::ClientIdentity{credentials.certificate, credentials.key}};
    options.proxy = configuration_.proxy;
    options.user_agent = "slipway-agent/" + call_.version;
    return net::make_http_client(*loop_, clock_, std::move(options));
}

link::LinkOptions Agent::link_options() {
    link::LinkOptions options;
    options.slots = configuration_.slots;
    options.boot_id = call_.host.boot;
    options.owner = call_.host.user;
    options.instance = to_hex(random_.bytes(16));
    options.capabilities = found_.capabilities;
    options.capabilities_sha256 = digest_of(found_.capabilities);
    options.cache_bytes_max = configuration_.cache_bytes;
    options.status_changed = [this] { status_later(); };
    if (arguments_.has("--once")) {
        options.orders_max = 1;
        options.attempt_acknowledged = [this](const wire::Outcome& outcome) { once_ended(outcome); };
    }
    return options;
}

Result<> Agent::start() {
    link::AttemptProgram program;
    program.executable = call_.host.executable;
    program.attempts = configuration_.state + "/" + std::string(run::attempts_name);
    program.cache = configuration_.state + "/" + std::string(run::cache_name);
    program.environment = attempt_environment(call_.environment);
    processes_ = std::make_unique<link::SystemAttemptProcesses>(
        link::SystemAttemptProcesses::Parts{*loop_, *launcher_, *groups_, random_, logger_, own_error_output},
        std::move(program));
    processes_->remove_empty_groups();
    found_ = find_capabilities(call_.host, task_path, configuration_.tags, call_.version);
    probe_ = std::make_unique<VersionProbe>(*loop_, *launcher_, *groups_);
    link_ = std::make_unique<link::Link>(
        link::LinkParts{*loop_, clock_, random_, logger_, *watches_, *state_.directory, *journal_, *processes_,
                        *identity_, *reserve_, [this](std::string name) { remover_->remove(std::move(name)); },
                        [this](const link::Credentials& credentials) { return connect(credentials); }},
        link_options());
    TRY(link_->start());
    write_status_now();
    if (arguments_.has("--once"))
        once_timer_ = loop_->after(once_within, [this] {
            if (!link_->status().attempts.empty()) return;
            exit_code_ = nothing_came;
            end();
        });
    notifier_->say("READY=1\nSTATUS=agent " + identity_->name() + " of " + identity_->url());
    beat_watchdog();
    logger_.info("agent started", {{"agent", identity_->agent()},
                                   {"name", identity_->name()},
                                   {"coordinator", identity_->url()},
                                   {"groups", to_string(groups_->level())},
                                   {"version", call_.version}});
    look_at_machine();
    return {};
}

// After READY: what the programs say of their versions must not delay the first poll.
void Agent::look_at_machine() {
    found_ = find_capabilities(call_.host, task_path, configuration_.tags, call_.version);
    probe_->start(found_.programs, [this](const VersionProbe::Versions& versions) { take_versions(versions); });
    look_again_ = loop_->after(look_again, [this] { look_at_machine(); });
}

void Agent::take_versions(const VersionProbe::Versions& versions) {
    wire::Capabilities capabilities = found_.capabilities;
    for (const auto& [name, version] : versions)
        if (!configuration_.tags.contains(name)) capabilities[name] = version;
    link_->set_capabilities(capabilities, digest_of(capabilities));
}

void Agent::reload() {
    const auto again = read_configuration(arguments_, call_.environment, files_);
    if (!again) {
        logger_.error("the configuration is not taken, the one before counts", {{"error", again.error().message}});
    } else {
        configuration_.tags = again->tags;
        configuration_.log_level = again->log_level;
        logger_.set_level(again->log_level);
        const bool rest = again->slots == configuration_.slots && again->cache_bytes == configuration_.cache_bytes &&
                          again->proxy.https_proxy == configuration_.proxy.https_proxy &&
                          again->proxy.no_proxy == configuration_.proxy.no_proxy &&
                          again->state == configuration_.state;
        if (!rest) logger_.warning("slots, cache_bytes, state or the proxy changed: this needs a restart");
        logger_.info("configuration read again");
    }
    look_at_machine();
}

void Agent::status_later() {
    if (status_timer_) return;
    status_timer_ = loop_->after(status_pause, [this] {
        status_timer_.reset();
        write_status_now();
    });
}

void Agent::write_status_now() {
    const link::LinkStatus seen = link_->status();
    Status status;
    status.version = call_.version;
    if (const auto self = launcher_->self()) status.process = to_text(*self);
    status.written = clock_.wall();
    status.agent = identity_->agent();
    status.name = identity_->name();
    status.pool = identity_->pool();
    status.url = identity_->url();
    status.online = seen.online;
    status.last_contact = seen.last_contact;
    status.last_error = seen.last_error;
    if (seen.ahead_of_us) status.clock_ahead_ms = seen.ahead_of_us->count() / 1000;
    status.slots = configuration_.slots;
    status.group_level = to_string(groups_->level());
    status.certificate_until = identity_->credentials().not_after;
    for (const auto& held : seen.attempts)
        status.attempts.push_back({held.attempt, held.job, std::string(to_string(held.state))});
    watch_for_rest(seen);
    if (auto written = write_status(*state_.directory, status); !written)
        logger_.warning("status.json could not be written", {{"error", written.error().message}});
}

// Once after each work: a status that is written with every poll does not put it off.
void Agent::watch_for_rest(const link::LinkStatus& seen) {
    if (!seen.attempts.empty()) {
        worked_ = true;
        rest_timer_.reset();
    } else if (worked_) {
        worked_ = false;
        rest_timer_ = loop_->after(rest_after, os::give_back_memory);
    }
}

void Agent::beat_watchdog() {
    const auto period = notifier_->watchdog();
    if (!period) return;
    notifier_->say("WATCHDOG=1");
    watchdog_timer_ = loop_->after(*period / 3, [this] { beat_watchdog(); });
}

void Agent::once_ended(const wire::Outcome& outcome) {
    exit_code_ = outcome.result == Ending::succeeded ? ended : failed;
    end();
}

// Whoever asks twice has waited long enough.
void Agent::end() {
    if (!link_ || end_timer_) return loop_->stop();
    notifier_->say("STOPPING=1");
    end_timer_ = loop_->after(end_within, [this] { loop_->stop(); });
    loop_->post([this] { probe_->stop([this] { link_->retire([this] { loop_->stop(); }); }); });
}

int Agent::run() {
    if (auto opened = open(); !opened) {
        const Error& error = opened.error();
        return complain(error.reason == "locked"        ? in_use
                        : error.code == Code::not_found ? not_enrolled
                                                        : failed,
                        error.message);
    }
    if (auto started = start(); !started) return complain(failed, started.error().message);
    const auto ran = loop_->run();
    groups_->remove_empty();
    if (!ran) return complain(failed, ran.error().message);
    logger_.info("agent ended; running attempts go on");
    return exit_code_;
}

}  // namespace

int run_agent(const Call& call) {
    const auto arguments = Arguments::parse(
        call.arguments, {{std::begin(configuration_options), std::end(configuration_options)}, {"--once"}});
    if (!arguments) return complain(bad_usage, arguments.error().message + "\n" + usage);
    const auto files = os::make_system_files();
    auto configuration = read_configuration(*arguments, call.environment, *files);
    if (!configuration) return complain(bad_usage, configuration.error().message);
    Agent agent(call, *arguments, *std::move(configuration), *files);
    return agent.run();
}

}  // namespace slipway::cli
