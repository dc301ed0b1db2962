#pragma once

#include "platform/base/error.h"

namespace slipway::cli {

/// What a script sees of a run of `slipway`. Numbers are a contract and are never reused.
enum class ExitCode {
    done = 0,
    failed = 1,         ///< the job did not succeed; also what this machine or the coordinator could not do
    usage = 2,          ///< arguments, a job file, or what the coordinator refuses as wrong
    not_allowed = 3,    ///< no token, a wrong one, or one without this permission
    not_found = 4,      ///< no such job, agent, artifact, file
    conflict = 5,       ///< the present state does not allow it
    not_reached = 6,    ///< the coordinator did not answer, or not in time
    interrupted = 130,  ///< Ctrl-C
};

ExitCode exit_code_of(Code code);

/// What to do about an error, as a whole sentence; empty if its message says it all.
std::string next_step(const Error& error);

}  // namespace slipway::cli
