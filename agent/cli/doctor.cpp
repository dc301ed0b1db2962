#include "agent/cli/doctor.h"

#include <iostream>

#include "agent/cli/arguments.h"
#include "agent/cli/capabilities.h"
#include "agent/cli/configuration.h"
#include "agent/link/identity.h"
#include "platform/base/bytes.h"
#include "platform/net/fetch.h"
#include "platform/net/url.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/os/group.h"
#include "platform/os/sandbox.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/names.h"
#include "platform/wire/protocol.h"

namespace slipway::cli {
namespace {

constexpr const char* usage = "usage: slipway-agent doctor [--state DIR] [--config FILE]";
constexpr std::uint64_t free_bytes_wanted = 1024ull * 1024 * 1024;
constexpr Duration answer_within = 20s;

class Doctor {
public:
    Doctor(const Call& call, const Configuration& configuration, os::Files& files)
        : call_(call), configuration_(configuration), files_(files) {}

    int look() {
        look_at_state();
        look_at_identity();
        look_at_coordinator();
        look_at_groups();
        look_at_sandbox();
        look_at_path();
        std::cout << problems_ << " problem" << (problems_ == 1 ? "" : "s") << "\n";
        return problems_ > 0 ? 1 : 0;
    }

private:
    void ok(std::string_view what, const std::string& text) { say("ok", what, text); }
    void warning(std::string_view what, const std::string& text) { say("warning", what, text); }
    void problem(std::string_view what, const std::string& text) {
        say("problem", what, text);
        ++problems_;
    }
    static void say(std::string_view judgement, std::string_view what, const std::string& text) {
        std::cout << judgement << std::string(9 - judgement.size(), ' ') << what << ": " << printable(text, 1000)
                  << "\n";
    }

    void look_at_state();
    void look_at_space();
    void look_at_attempts();
    void look_at_identity();
    void look_at_coordinator();
    void judge_answer(const net::Response& response);
    void look_at_groups();
    void look_at_sandbox();
    void look_at_path();

    const Call& call_;
    const Configuration& configuration_;
    os::Files& files_;
    os::SystemClock clock_;
    std::unique_ptr<os::Directory> state_;
    std::unique_ptr<link::Identity> identity_;
    int problems_ = 0;
};

void Doctor::look_at_state() {
    auto directory = files_.open_directory(configuration_.state);
    if (!directory)
        return problem("state directory", directory.error().message + "; enrolling makes it, or name it with --state");
    state_ = *std::move(directory);
    const auto parts = os::split_path(configuration_.state);
    const auto parent = parts ? files_.open_directory(parts->directory) : fail(parts.error());
    const auto status = parent ? (*parent)->status(parts->name) : fail(parent.error());
    if (!status || !*status)
        warning("state directory", configuration_.state + " cannot be looked at from above");
    else if (((*status)->mode & 077) != 0)
        problem("state directory",
                "others may read " + configuration_.state + ", which holds a private key; chmod 0700 it");
    else if ((*status)->owner != call_.host.user)
        problem("state directory", "it belongs to user " + std::to_string((*status)->owner) + ", doctor runs as " +
                                       std::to_string(call_.host.user) + "; run doctor as the agent's user");
    else
        ok("state directory", configuration_.state);
    look_at_space();
    look_at_attempts();
}

void Doctor::look_at_space() {
    const auto space = state_->space();
    if (!space) return warning("disk space", space.error().message);
    const std::string text = std::to_string(space->free_bytes / 1024 / 1024) + " MiB free of " +
                             std::to_string(space->total_bytes / 1024 / 1024) + " MiB";
    space->free_bytes < free_bytes_wanted
        ? warning("disk space", text + "; artifacts and logs need more, free some or move the state directory")
        : ok("disk space", text);
}

void Doctor::look_at_attempts() {
    const auto attempts = state_->open_directory(run::attempts_name);
    if (!attempts) return;  // has never run
    const auto listing = run::list_attempts(**attempts);
    if (!listing) return problem("attempts", listing.error().message);
    for (const std::string& name : listing->foreign)
        warning("attempts",
                "'" + name + "' in " + (*attempts)->path() + " was not made by the agent; it is left alone");
    ok("attempts", std::to_string(listing->attempts.size()) + " kept");
}

void Doctor::look_at_identity() {
    if (!state_) return;
    auto identity = link::Identity::open(*state_);
    if (!identity) return problem("identity", identity.error().message);
    identity_ = *std::move(identity);
    ok("identity", identity_->name() + " (" + identity_->agent() + "), pool " + identity_->pool() +
                       ", certificate until " + to_rfc3339(identity_->credentials().not_after));
}

void Doctor::look_at_coordinator() {
    if (!identity_) return;
    const auto url = net::Url::parse(identity_->url());
    if (!url) return problem("coordinator", url.error().message);
    const auto proxy = net::proxy_for(*url, configuration_.proxy);
    if (!proxy) return problem("proxy", proxy.error().message);
    ok("proxy", *proxy ? (*proxy)->host + ":" + std::to_string((*proxy)->port) : std::string("none"));

    net::ClientOptions options;
    options.tls.trust = net::TrustRoots{identity_->credentials().trust};
    options.tls.dates = net::Dates::ignored;
    options.tls.identity = net::ClientIdentity{identity_->credentials().certificate, identity_->credentials().key};
    options.proxy = configuration_.proxy;
    options.user_agent = "slipway-agent/" + call_.version;
    const auto fetcher = net::Fetcher::make(clock_, std::move(options));
    if (!fetcher) return problem("coordinator", fetcher.error().message);
    net::Request request;  // asks for a blob that nobody has: changes nothing, and shows how the certificate is judged
    request.url = identity_->url() + std::string(wire::blobs_path) + std::string(64, '0');
    request.timeouts.whole = answer_within;
    const auto response = (*fetcher)->fetch(std::move(request));
    if (!response) return problem("coordinator", response.error().message);
    judge_answer(*response);
}

void Doctor::judge_answer(const net::Response& response) {
    if (response.status == 404)
        ok("coordinator", identity_->url() + " answers and knows this agent");
    else
        problem("coordinator", identity_->url() + " answers with status " + std::to_string(response.status) + ": " +
                                   printable(response.body, 300));
    const auto date = response.headers.date();
    if (!date) return warning("clock", "the coordinator's answer has no date");
    const Duration ahead = *date - clock_.wall();
    const std::string text = format_duration(std::chrono::abs(ahead)) + " from the coordinator's";
    std::chrono::abs(ahead) > wire::clock_skew_max
        ? warning("clock", text + " (clock_suspect); set this host's clock, times in logs are wrong")
        : ok("clock", text);
}

void Doctor::look_at_groups() {
    const auto loop = os::make_event_loop(clock_);
    if (!loop) return problem("process groups", loop.error().message);
    const auto groups = os::make_groups(**loop, {.instance = "doctor"});
    if (!groups) return problem("process groups", groups.error().message);
    (*groups)->level() == os::GroupLevel::cgroup
        ? ok("process groups", "cgroup: a cancelled job leaves no process behind")
        : warning("process groups",
                  "session: a process that hides on purpose outlives its job; let the agent write to a "
                  "cgroup v2 (systemd: Delegate=yes)");
    (*groups)->remove_empty();
}

void Doctor::look_at_sandbox() {
    if (!state_) return;
    const os::SandboxOptions options{.writable = *state_,
                                     .kept = {},
                                     .memory_bytes_max = 256ull * 1024 * 1024,
                                     .file_bytes_max = 1024,
                                     .cpu_s_max = 2,
                                     .descriptors_max = 16};
    const auto run = os::run_in_sandbox(options, [] { return Result<std::string>("fine"); });
    if (!run) return problem("sandbox", run.error().message + "; archives cannot be unpacked");
    if (run->layers.file_access && run->layers.system_calls) return ok("sandbox", "landlock and seccomp");
    warning("sandbox", std::string(run->layers.file_access ? "" : "no landlock (Linux 5.19 and later) ") +
                           (run->layers.system_calls ? "" : "no seccomp") + "; archives are unpacked with fewer walls");
}

void Doctor::look_at_path() {
    const auto found = find_capabilities(call_.host, task_path, configuration_.tags, call_.version);
    for (const std::string& directory : found.skipped_directories)
        warning("PATH", directory + " may be written by others, so no program in it counts as a capability");
    if (!found.programs.contains("bash") && !found.programs.contains("sh"))
        problem("shell", "neither bash nor sh is in " + std::string(task_path) + "; shell tasks cannot run");
    else
        ok("shell", found.programs.contains("bash") ? found.programs.at("bash") : found.programs.at("sh"));
}

}  // namespace

int run_doctor(const Call& call) {
    const auto arguments = Arguments::parse(call.arguments, {{"--state", "--config"}, {}});
    const auto files = os::make_system_files();
    const auto configuration =
        arguments ? read_configuration(*arguments, call.environment, *files) : fail(arguments.error());
    if (!configuration) {
        std::cerr << "slipway-agent doctor: " << configuration.error().message << "\n" << usage << "\n";
        return 2;
    }
    return Doctor(call, *configuration, *files).look();
}

}  // namespace slipway::cli
