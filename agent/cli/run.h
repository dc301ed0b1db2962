#pragma once

#include "agent/cli/call.h"

namespace slipway::cli {

/// `slipway-agent run [--once] [--state DIR] [--config FILE] [--slots N] [--log-level LEVEL] [--log-format FORMAT]`:
/// the link, until SIGTERM or SIGINT, which leave running attempts alone; SIGHUP looks for capabilities again. Exit
/// code 0 ended by a signal, 1 this machine could not do it, 2 usage, 3 not enrolled, 5 another process works in this
/// state directory. With --once it ends after one acknowledged attempt: 0 succeeded, 1 any other end, 6 nothing came
/// in 60 s.
int run_agent(const Call& call);

}  // namespace slipway::cli
