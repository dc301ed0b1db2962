#pragma once

#include "coordinator/program/configuration.h"

namespace slipway {

/// SIGHUP: takes of `again` what may change while the coordinator runs (log_level, names) into `active`, and names what
/// needs a restart. An error leaves all as it was. Both outcomes are told to the log. True if something was taken.
bool take_again(Configuration& active, const Result<Configuration>& again, Logger& logger);

}  // namespace slipway
