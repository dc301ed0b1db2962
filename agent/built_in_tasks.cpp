#include "agent/built_in_tasks.h"

#include <algorithm>
#include <array>
#include <iostream>

#include "platform/os/clock.h"
#include "tasks/copy/copy.h"
#include "tasks/extract/extract.h"
#include "tasks/http-check/http_check.h"
#include "tasks/kit/kit.h"
#include "tasks/shell/command.h"

namespace slipway {
namespace {

struct BuiltIn {
    std::string_view name;
    Result<> (*run)(const tasks::Kit&);
};
constexpr std::array built_in{
    BuiltIn{"copy", tasks::copy::run},
    BuiltIn{"extract", tasks::extract::run},
    BuiltIn{"http-check", tasks::http_check::run},
};

Result<> run_built_in(const BuiltIn& task, const os::Environment& environment) {
    os::SystemClock clock;
    os::SystemRandom random;
    TRY_ASSIGN(const auto loop, os::make_event_loop(clock));
    TRY_ASSIGN(const auto launcher, os::make_launcher(*loop));
    TRY_ASSIGN(const auto host, os::read_host());
    const auto files = os::make_system_files();
    return task.run({.environment = environment,
                     .files = *files,
                     .loop = *loop,
                     .launcher = *launcher,
                     .clock = clock,
                     .random = random,
                     .executable = host.executable});
}

}  // namespace

Result<attempt::Command> BuiltInPrograms::command_of(const tasks::Manifest& manifest, const tasks::Inputs& inputs,
                                                     const std::string& path) {
    if (manifest.name == "shell") {
        TRY_ASSIGN(auto command, tasks::shell::command_of(inputs, path));
        return attempt::Command{.program = std::move(command.program),
                                .arguments = std::move(command.arguments),
                                .script = std::move(command.script)};
    }
    return attempt::Command{
        .program = executable_, .arguments = {"slipway-agent", "task", manifest.name}, .script = {}};
}

int run_task(std::span<const std::string> arguments, const os::Environment& environment) {
    const auto task =
        arguments.size() == 1 ? std::ranges::find(built_in, arguments[0], &BuiltIn::name) : built_in.end();
    if (task == built_in.end()) {
        std::cerr << "usage: slipway-agent task NAME, its inputs as INPUT_<NAME>; NAME is one of";
        for (const BuiltIn& known : built_in) std::cerr << " " << known.name;
        std::cerr << "\n";
        return 64;
    }
    const auto done = run_built_in(*task, environment);
    return done ? 0 : tasks::exit_code_of(done.error());
}

}  // namespace slipway
