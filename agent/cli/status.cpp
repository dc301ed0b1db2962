#include "agent/cli/status.h"

#include <iostream>

#include "agent/cli/arguments.h"
#include "agent/cli/configuration.h"
#include "agent/cli/status_file.h"
#include "agent/link/identity.h"
#include "platform/base/bytes.h"
#include "platform/os/clock.h"
#include "platform/os/loop.h"
#include "platform/os/process.h"
#include "platform/wire/protocol.h"

namespace slipway::cli {
namespace {

constexpr const char* usage = "usage: slipway-agent status [--state DIR] [--config FILE]";
// A running agent writes at least after each poll.
constexpr Duration stale_after = wire::hold + wire::offline_after_hold + wire::silence_max;

enum ExitCode { in_contact = 0, not_in_contact = 1, bad_usage = 2, not_enrolled = 3 };

int complain(ExitCode code, const std::string& message) {
    std::cerr << "slipway-agent status: " << message << "\n";
    return code;
}

Result<bool> lives(const std::string& process, Clock& clock) {
    TRY_ASSIGN(const auto identity, os::parse_identity(process));
    TRY_ASSIGN(const auto loop, os::make_event_loop(clock));
    TRY_ASSIGN(const auto launcher, os::make_launcher(*loop));
    return launcher->alive(identity);
}

std::string ago(Time moment, Time now) { return moment > now ? "just now" : format_duration(now - moment) + " ago"; }

void print_contact(const Status& status, Time now) {
    std::cout << "coordinator:  " << status.url << "\n";
    std::cout << "contact:      " << (status.online ? "online" : "offline");
    if (status.last_contact) std::cout << ", last answer " << ago(*status.last_contact, now);
    std::cout << "\n";
    if (!status.last_error.empty()) std::cout << "last error:   " << printable(status.last_error) << "\n";
    if (status.clock_ahead_ms) {
        const Duration ahead = std::chrono::milliseconds{*status.clock_ahead_ms};
        std::cout << "clock:        " << format_duration(std::chrono::abs(ahead))
                  << (ahead < 0s ? " ahead of the coordinator" : " behind the coordinator")
                  << (std::chrono::abs(ahead) > wire::clock_skew_max ? " (clock_suspect: set this host's clock)" : "")
                  << "\n";
    }
    std::cout << "certificate:  until " << to_rfc3339(status.certificate_until) << ", renews itself\n";
}

void print_attempts(const Status& status) {
    std::cout << "slots:        " << status.slots << "\n";
    std::cout << "groups:       " << printable(status.group_level) << "\n";
    std::cout << "attempts:     " << (status.attempts.empty() ? "none" : "") << "\n";
    for (const Status::Attempt& attempt : status.attempts)
        std::cout << "  " << printable(attempt.id) << "  job " << printable(attempt.job) << "  "
                  << printable(attempt.state) << "\n";
}

int show(const Configuration& configuration, os::Files& files) {
    const auto directory = files.open_directory(configuration.state);
    if (!directory) return complain(not_enrolled, directory.error().message);
    const auto identity = link::Identity::open(**directory);
    if (!identity)
        return complain(identity.error().code == Code::not_found ? not_enrolled : not_in_contact,
                        identity.error().message);
    std::cout << "agent:        " << (*identity)->name() << " (" << (*identity)->agent() << "), pool "
              << (*identity)->pool() << "\n";
    const auto status = read_status(**directory);
    if (!status) return complain(not_in_contact, status.error().message);
    if (!*status) {
        std::cout << "state:        has never run; start it with: slipway-agent run\n";
        return not_in_contact;
    }
    os::SystemClock clock;
    const Time now = clock.wall();
    const auto alive = lives((*status)->process, clock);
    if (!alive || !*alive) {
        std::cout << "state:        not running, last seen " << ago((*status)->written, now)
                  << "; what follows is of that time\n";
    } else if (now - (*status)->written > stale_after) {
        std::cout << "state:        running, but silent since " << ago((*status)->written, now)
                  << "; what follows is of that time\n";
    } else {
        std::cout << "state:        running, version " << printable((*status)->version) << "\n";
    }
    print_contact(**status, now);
    print_attempts(**status);
    const bool fine = alive && *alive && (*status)->online && now - (*status)->written <= stale_after;
    return fine ? in_contact : not_in_contact;
}

}  // namespace

int run_status(const Call& call) {
    const auto arguments = Arguments::parse(call.arguments, {{"--state", "--config"}, {}});
    if (!arguments) return complain(bad_usage, arguments.error().message + "\n" + usage);
    const auto files = os::make_system_files();
    const auto configuration = read_configuration(*arguments, call.environment, *files);
    if (!configuration) return complain(bad_usage, configuration.error().message);
    return show(*configuration, *files);
}

}  // namespace slipway::cli
