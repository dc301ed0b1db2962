#pragma once

#include <functional>

#include "coordinator/program/configuration.h"

namespace slipway {

/// `slipway-coordinator serve`: runs until SIGTERM or SIGINT have been obeyed. `read_again` is what SIGHUP asks for.
Result<> serve(const Configuration& configuration, const std::function<Result<Configuration>()>& read_again);

}  // namespace slipway
