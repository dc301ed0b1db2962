#pragma once

#include <cstdint>
#include <string>

#include "agent/link/identity.h"
#include "tests/sim/scene.h"

namespace slipway::sim {

struct HistoryOptions {
    std::uint64_t seed = 1;
    Mutation mutation = Mutation::none;
    bool tells = false;
};

/// One history from its seed to its end; what rule it broke, empty if none.
std::string run_history(const HistoryOptions& options, const link::Credentials& credentials);

}  // namespace slipway::sim
