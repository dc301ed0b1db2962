#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "agent/attempt/command_line.h"
#include "agent/built_in_tasks.h"
#include "agent/cli/call.h"
#include "agent/cli/doctor.h"
#include "agent/cli/enroll.h"
#include "agent/cli/run.h"
#include "agent/cli/status.h"
#include "agent/cli/unpack.h"
#include "platform/crypto/init.h"
#include "platform/os/clock.h"
#include "platform/os/host.h"
#include "tasks/manifest/catalogue.h"

namespace slipway {
namespace {

using cli::Call;

int attempt_command(const Call& call) {
    BuiltInPrograms programs(call.host.executable);
    return attempt::run_attempt(call.arguments, call.environment, programs, tasks::Catalogue::built_in());
}

int task_command(const Call& call) { return run_task(call.arguments, call.environment); }

int unpack_command(const Call& call) {
    os::SystemRandom random;
    return cli::run_unpack(call.arguments, random);
}

int version_command(const Call& call) {
    std::cout << "slipway-agent " << call.version << "\n";
    return 0;
}

struct Subcommand {
    std::string_view name;
    std::string_view help;
    int (*run)(const Call&);
};
constexpr std::array subcommands{
    Subcommand{"enroll", "joins a coordinator with a join token", cli::run_enroll},
    Subcommand{"run", "runs the agent", cli::run_agent},
    Subcommand{"status", "what the running agent says of itself", cli::run_status},
    Subcommand{"doctor", "looks at all that an agent needs, and says what to do", cli::run_doctor},
    Subcommand{"attempt", "runs one attempt; started by the agent itself", attempt_command},
    Subcommand{"task", "runs one built-in task; started by an attempt", task_command},
    Subcommand{"unpack", "unpacks one archive into a folder, behind a sandbox", unpack_command},
    Subcommand{"version", "prints the version", version_command},
};

int usage() {
    std::cerr << "usage: slipway-agent COMMAND [ARGUMENTS]\n\n";
    for (const Subcommand& subcommand : subcommands)
        std::cerr << "  " << subcommand.name << std::string(12 - subcommand.name.size(), ' ') << subcommand.help
                  << "\n";
    return 2;
}

int run(std::vector<std::string> arguments) {
    crypto::init();
    Call call;
    call.environment = os::read_environment();
    call.version = SLIPWAY_VERSION;
    if (const auto hardened = os::harden_process(); !hardened) {
        std::cerr << "slipway-agent: " << hardened.error().message << "\n";
        return 1;
    }
    if (arguments.empty()) return usage();
    const auto subcommand = std::ranges::find(subcommands, arguments.front(), &Subcommand::name);
    if (subcommand == subcommands.end()) return usage();
    auto host = os::read_host();
    if (!host) {
        std::cerr << "slipway-agent: " << host.error().message << "\n";
        return 1;
    }
    call.host = std::move(*host);
    arguments.erase(arguments.begin());
    call.arguments = std::move(arguments);
    return subcommand->run(call);
}

}  // namespace
}  // namespace slipway

int main(int count, char** values) { return slipway::run({values + std::min(count, 1), values + count}); }
