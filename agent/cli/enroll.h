#pragma once

#include "agent/cli/call.h"

namespace slipway::cli {

/// `slipway-agent enroll --url https://HOST:8441 (--token TOKEN | --token - | --token-file FILE) [--name NAME]
/// [--force]
/// [--state DIR] [--config FILE]`: makes a key, has the coordinator that the token pins sign it and writes who this
/// agent is. After a lost answer the same call works again: the key waits in the state directory. Exit code 0 enrolled,
/// 1 this machine could not do it, 2 usage, 3 refused, 5 already enrolled or in use, 6 unreachable.
int run_enroll(const Call& call);

}  // namespace slipway::cli
