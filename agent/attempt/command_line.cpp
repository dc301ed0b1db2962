#include "agent/attempt/command_line.h"

#include <iostream>

#include "agent/attempt/environment.h"
#include "agent/attempt/waiting_process.h"
#include "platform/base/crash_point.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/os/host.h"

namespace slipway::attempt {
namespace {

constexpr Duration rest_after = 5s;

int complain(const Error& error) {
    std::cerr << "slipway-agent attempt: " << error.message << "\n";
    return 1;
}

/// All options but --wait have a value, and all are needed.
Result<std::map<std::string, std::string>> parse(std::span<const std::string> arguments) {
    static constexpr const char* usage =
        "usage: slipway-agent attempt --wait --attempts DIR --name NAME --group NAME --groups BASE --cache DIR";
    std::map<std::string, std::string> options;
    bool wait = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--wait") {
            wait = true;
            continue;
        }
        const bool known =
            name == "--attempts" || name == "--name" || name == "--group" || name == "--groups" || name == "--cache";
        if (!known || i + 1 == arguments.size()) return fail(Code::invalid, usage);
        options[name] = arguments[++i];
    }
    if (!wait || options.size() != 5) return fail(Code::invalid, usage);
    return options;
}

/// What tasks get of the host: none of the agent's own variables but where home is.
std::map<std::string, std::string> base_environment(const os::Environment& environment) {
    std::map<std::string, std::string> base{{"PATH", default_path}, {"LANG", "C.UTF-8"}, {"HOME", "/"}};
    if (const auto home = environment.find("HOME"); home != environment.end()) base["HOME"] = home->second;
    for (const char* name : crash_variables)
        if (const auto found = environment.find(name); found != environment.end()) base[name] = found->second;
    return base;
}

Result<> run(os::EventLoop& loop, Clock& clock, const std::map<std::string, std::string>& options,
             const os::Environment& environment, Programs& programs, const tasks::Catalogue& catalogue) {
    const auto files = os::make_system_files();
    TRY_ASSIGN(const auto watches, os::make_file_watches(loop));
    TRY_ASSIGN(const auto launcher, os::make_launcher(loop));
    os::GroupsOptions groups_options;
    groups_options.base = options.at("--groups");
    groups_options.adopt_orphans_beside = launcher.get();
    TRY_ASSIGN(const auto groups, os::make_groups(loop, groups_options));
    TRY_ASSIGN(auto input, os::make_pipe_reader(loop, 0));
    PassThrough filter;

    // Whoever stops the service, or the terminal, means the link; a running job ends by `cancel` or by its time-out.
    std::vector<os::Handle> ignored;
    for (const os::Signal signal : {os::Signal::terminate, os::Signal::interrupt, os::Signal::hang_up}) {
        TRY_ASSIGN(auto handle, loop.on_signal(signal, [] {}));
        ignored.push_back(std::move(handle));
    }
    const World world{loop, clock, *files, *watches, *launcher, *groups, programs, catalogue, filter};
    Result<> how;
    TRY_ASSIGN(os::PathParts attempts, os::split_path(options.at("--attempts")));
    WaitingOptions waiting_options{.attempts = options.at("--attempts"),
                                   .name = options.at("--name"),
                                   .group = options.at("--group"),
                                   .state = std::move(attempts.directory),
                                   .cache = options.at("--cache"),
                                   .environment = base_environment(environment)};
    WaitingProcess waiting(world, std::move(waiting_options), std::move(input), [&](Result<WaitingEnd> end) {
        if (!end) how = fail(std::move(end).error());
        loop.stop();
    });
    TRY(waiting.start());
    // Where jobs come one after the other, nobody waits so long.
    const os::Handle rest = loop.after(rest_after, os::give_back_memory);
    TRY(loop.run());
    return how;
}

}  // namespace

int run_attempt(std::span<const std::string> arguments, const os::Environment& environment, Programs& programs,
                const tasks::Catalogue& catalogue) {
    const auto options = parse(arguments);
    if (!options) {
        std::cerr << options.error().message << "\n";
        return 2;
    }
    os::SystemClock clock;
    auto loop = os::make_event_loop(clock);
    if (!loop) return complain(loop.error());
    auto pushes = os::follow_pushes(**loop, clock);
    if (!pushes) return complain(pushes.error());
    const auto ran = run(**loop, clock, *options, environment, programs, catalogue);
    return ran ? 0 : complain(ran.error());
}

}  // namespace slipway::attempt
