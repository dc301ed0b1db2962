#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/base/limits.h"
#include "platform/base/states.h"
#include "platform/base/time.h"

namespace slipway::core {

/// What a job asks of an agent: a capability that exists, or one that equals a value.
struct Demand {
    std::string name;
    std::optional<std::string> equals;
    auto operator<=>(const Demand&) const = default;
};
using Demands = std::set<Demand>;

/// An artifact as a job uses it: resolved to its bytes when the job was made.
struct JobArtifact {
    std::string alias;
    std::string name;
    std::string version;
    std::string sha256;
    std::int64_t bytes = 0;
};

struct Job {
    std::int64_t row = 0;
    std::string id;
    std::string name;
    std::int64_t pool_row = 0;
    Demands demands;
    int priority = limits::priority_default;
    bool idempotent = false;
    std::int64_t timeout_s = limits::job_timeout_s_default;
    std::int64_t cancel_grace_s = limits::cancel_grace_s_default;
    std::string spec;  ///< what the agent will do, as JSON text: opaque here, written once

    Time created;
    std::string created_by;
    JobState state = JobState::queued;
    std::optional<Reason> reason;
    bool with_issues = false;
    std::string summary;
    std::optional<Time> started;
    std::optional<Time> ended;
    std::int64_t current_attempt_row = 0;  ///< 0 while it has none
    std::int64_t agent_row = 0;            ///< the current attempt's; told by the store, never taken from here
    int attempts = 0;
    int automatic_retries = 0;
    bool cancel_requested = false;
    std::string resolved_by;  ///< who ended it by `resolve`, and why
    std::string resolved_reason;
    std::int64_t held_by_restore = 0;  ///< the restore epoch before whose end it is not leased; 0: none
};

struct Attempt {
    std::int64_t row = 0;
    std::string id;
    std::int64_t job_row = 0;
    std::int64_t agent_row = 0;
    std::int64_t fence = 0;
    AttemptState state = AttemptState::leased;
    std::optional<Reason> reason;
    std::set<Flag> flags;

    Time leased;
    Time lease_until;
    std::optional<Time> started;
    std::optional<Time> ended;

    bool acknowledged = false;      ///< it stood in a list of its agent
    bool withheld = false;          ///< its order is never sent again
    std::string handed_boot_id;     ///< the boot that its order was first handed to
    std::int64_t listed_epoch = 0;  ///< start epoch of the last list that named it

    /// The outcome, once stored.
    bool outcome_stored = false;
    std::string outcome;  ///< as JSON text, as it came
    std::string summary;
    std::optional<std::int64_t> log_length;  ///< what the outcome says of the log
    std::string log_sha256;                  ///< empty: unknown, after a power cut
    bool log_sealed = false;
    bool log_asked_again = false;  ///< the digest did not fit once already, and those bytes are gone
    std::int64_t event_seq = 0;    ///< highest stored event
};

/// One task of an attempt, as its events tell.
struct AttemptTask {
    std::int64_t attempt_row = 0;
    std::int64_t index = 0;
    std::string name;
    TaskState state = TaskState::pending;
    std::optional<Reason> reason;
    std::optional<std::int64_t> exit_code;
    std::optional<std::int64_t> log_begin;
    std::optional<std::int64_t> log_end;
    std::optional<Time> started;
    std::optional<Time> ended;
};

}  // namespace slipway::core
