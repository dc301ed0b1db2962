#pragma once

#include "agent/cli/call.h"

namespace slipway::cli {

/// `slipway-agent doctor [--state DIR] [--config FILE]`: looks at all that an agent needs and says, a line each, "ok",
/// "warning" or "problem", and what to do. Changes nothing. Exit code 0, 1 if there is a problem, 2 usage.
int run_doctor(const Call& call);

}  // namespace slipway::cli
