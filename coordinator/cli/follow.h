#pragma once

#include <cstdint>
#include <string>

#include "coordinator/cli/api.h"
#include "coordinator/cli/exit_code.h"

namespace slipway::cli {

struct FollowOptions {
    enum class Log { shown, left_out };
    std::string job = {};
    std::string attempt = {};  ///< empty: whichever is current
    std::uint64_t offset = 0;
    Log log = Log::shown;
};

/// Follows a job to its end: its log goes to `screen.out`, word of what happens and one last line about the end to
/// `screen.err`. On a terminal the log is made harmless, elsewhere it is byte for byte what the tasks wrote. A broken
/// line is taken up again where it broke, for about a quarter of an hour; an answer that refuses is an error at once.
/// Ctrl-C says that the job runs on and gives ExitCode::interrupted.
Result<ExitCode> follow_job(Api& api, const Screen& screen, const FollowOptions& options);

/// The whole log, or from `offset` on, as far as it goes now.
Result<ExitCode> show_log(Api& api, const Screen& screen, const FollowOptions& options);

}  // namespace slipway::cli
