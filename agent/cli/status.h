#pragma once

#include "agent/cli/call.h"

namespace slipway::cli {

/// `slipway-agent status [--state DIR] [--config FILE]`: what the agent of this state directory says of itself. Exit
/// code 0 it runs and its coordinator answers, 1 it does not or it could not be read, 2 usage, 3 not enrolled.
int run_status(const Call& call);

}  // namespace slipway::cli
