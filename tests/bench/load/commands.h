#pragma once

#include <string>

#include "platform/base/result.h"
#include "tests/bench/load/options.h"

/// The subcommands; README.md of tests/bench says what each takes and prints. Each answers one JSON document.
namespace slipway::bench {

Result<std::string> enroll(const Options& options);
Result<std::string> park(const Options& options);  ///< prints a line for each command that it reads, too
Result<std::string> idle(const Options& options);
Result<std::string> queue(const Options& options);
Result<std::string> ingest(const Options& options);
Result<std::string> post(const Options& options);
Result<std::string> dispatch(const Options& options);
Result<std::string> spawn(const Options& options);

}  // namespace slipway::bench
