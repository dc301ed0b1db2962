#pragma once

#include "coordinator/program/configuration.h"

namespace slipway {

/// `slipway-coordinator serve`: runs until SIGTERM or SIGINT have been obeyed.
Result<> serve(const Configuration& configuration);

}  // namespace slipway
