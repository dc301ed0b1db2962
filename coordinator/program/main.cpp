#include <cstdio>

#include <CLI/CLI.hpp>

#include "coordinator/program/configuration.h"
#include "coordinator/program/serve.h"
#include "coordinator/program/version.h"
#include "platform/base/limits.h"
#include "platform/crypto/init.h"
#include "platform/os/file_steps.h"
#include "platform/os/host.h"

namespace {

using namespace slipway;

constexpr const char* default_file = "/etc/slipway/coordinator.yaml";

/// The file that was named has to be there; the default one may be missing.
Result<std::optional<std::string>> read_file(const Flags& flags, const std::string& path) {
    const auto files = os::make_system_files();
    TRY_ASSIGN(const auto parts, os::split_path(path));
    auto directory = files->open_directory(parts.directory);
    if (!directory && directory.error().code == Code::not_found && !flags.file) return std::nullopt;
    if (!directory) return fail(std::move(directory).error());
    TRY_ASSIGN(auto text, os::read_whole(**directory, parts.name, limits::yaml_bytes_max));
    if (!text && flags.file) return fail(Code::not_found, path + " does not exist");
    return text;
}

Result<Configuration> read_all(const Flags& flags) {
    const std::string path = flags.file.value_or(default_file);
    TRY_ASSIGN(const auto text, read_file(flags, path));
    return read_configuration(flags, os::read_environment(), text, path);
}

Result<> run(const Flags& flags) {
    TRY_ASSIGN(const auto configuration, read_all(flags));
    return serve(configuration, [&flags] { return read_all(flags); });
}

}  // namespace

int main(int argc, char** argv) {
    if (auto hardened = os::harden_process(); !hardened) {
        std::fprintf(stderr, "slipway-coordinator: %s\n", hardened.error().message.c_str());
        return 1;
    }
    crypto::init();
    CLI::App app("Slipway's coordinator: queues deployment jobs and serves agents, people and programs.");
    app.require_subcommand(1);
    Flags flags;
    CLI::App* serve_command = app.add_subcommand("serve", "Serve until SIGTERM.");
    serve_command->add_option("--state", flags.state, "State directory (/var/lib/slipway)");
    serve_command->add_option("--config", flags.file, "Configuration file (/etc/slipway/coordinator.yaml)");
    serve_command->add_option("--user-listen", flags.user_listen, "ADDR:PORT for people and programs (0.0.0.0:8440)");
    serve_command->add_option("--agent-listen", flags.agent_listen, "ADDR:PORT for agents (0.0.0.0:8441)");
    CLI::App* version_command = app.add_subcommand("version", "Print the version.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (version_command->parsed()) {
        std::printf("slipway-coordinator %s\n", std::string(version).c_str());
        return 0;
    }
    if (auto served = run(flags); !served) {
        std::fprintf(stderr, "slipway-coordinator: %s\n", served.error().message.c_str());
        return served.error().code == Code::invalid ? 2 : 1;
    }
    return 0;
}
