#include "coordinator/cli/exit_code.h"

#include <array>

namespace slipway::cli {
namespace {

struct Hint {
    std::string_view reason;
    std::string_view text;
};

constexpr std::array hints = {
    Hint{"not_logged_in", "Log in with: slipway login URL --bootstrap FILE, or --token-file FILE"},
    Hint{"server_not_trusted",
         "Check the URL. If the coordinator was set up anew, log in again with its bootstrap file, --ca or "
         "--ca-sha256."},
    Hint{"artifact_missing", "See what is there with: slipway artifact list. Push it with: slipway artifact push FILE"},
    Hint{"pool_missing", "See the pools with: slipway pool list"},
    Hint{"agent_missing", "See the agents with: slipway agent list"},
    Hint{"job_missing", "See the jobs with: slipway job list"},
    Hint{"already_finished", "See how it ended with: slipway job show ID"},
    Hint{"not_unknown", "Only a job that is unknown needs this; see it with: slipway job show ID"},
    Hint{"artifact_exists", "A version never changes: push the new bytes as another --version."},
    Hint{"file_exists", "Choose another name with --output, or replace it with --force."},
    Hint{"disk_full", "Make room, then try again; nothing that was complete is lost."},
};

}  // namespace

ExitCode exit_code_of(Code code) {
    switch (code) {
        case Code::invalid:
        case Code::limit:
        case Code::unsupported: return ExitCode::usage;
        case Code::unauthenticated:
        case Code::forbidden: return ExitCode::not_allowed;
        case Code::not_found: return ExitCode::not_found;
        case Code::conflict: return ExitCode::conflict;
        case Code::unavailable:
        case Code::timed_out: return ExitCode::not_reached;
        case Code::canceled: return ExitCode::interrupted;
        case Code::disk_full:
        case Code::corrupt:
        case Code::io:
        case Code::internal: return ExitCode::failed;
    }
    return ExitCode::failed;
}

std::string next_step(const Error& error) {
    for (const Hint& hint : hints)
        if (hint.reason == error.reason) return std::string(hint.text);
    switch (error.code) {
        case Code::unauthenticated:
            return "The token may be mistyped, expired or revoked: log in again with slipway login URL --token-file "
                   "FILE";
        case Code::forbidden:
            return "Ask an administrator for a token with a role that may do this (slipway token create).";
        case Code::unavailable:
            return "Check that the coordinator runs and that its URL is right (--url, SLIPWAY_URL).";
        case Code::timed_out: return "Try again; --verbose shows each request.";
        default: return {};
    }
}

}  // namespace slipway::cli
