#pragma once

#include <string>
#include <vector>

#include "tests/bench/load/connection.h"

namespace slipway::bench {

/// The file of agents that `enroll` made: one JSON object in each line.
Result<> append_to_roster(const std::string& file, const std::vector<Identity>& identities);
/// The `count` agents from `first` on; fewer is an error.
Result<std::vector<Identity>> read_roster(const std::string& file, std::size_t first, std::size_t count);

}  // namespace slipway::bench
