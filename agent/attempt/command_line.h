#pragma once

#include <map>
#include <span>
#include <string>

#include "agent/attempt/programs.h"
#include "platform/os/host.h"
#include "tasks/manifest/catalogue.h"

namespace slipway::attempt {

/// `slipway-agent attempt --wait --attempts DIR --name .next-N --group NAME --groups BASE --cache DIR`, started by the
/// link in "<group>/run" with a pipe as standard input (platform/run/handover.h). DIR are absolute, BASE is
/// os::Groups::base() of the link. Exit code 0: its attempt has an outcome, or standard input ended before `go`, or
/// another process had claimed the attempt; 1: it could not do its work, with a line on standard error; 2: usage.
/// Called by main(), in a process with one thread that does nothing else.
int run_attempt(std::span<const std::string> arguments, const os::Environment& environment, Programs& programs,
                const tasks::Catalogue& catalogue);

}  // namespace slipway::attempt
