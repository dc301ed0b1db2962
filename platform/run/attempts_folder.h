#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/os/files.h"
#include "platform/wire/outcome.h"

/// What the link itself does in the folder of all attempts; each step can be repeated after a crash.
namespace slipway::run {

struct AttemptsListing {
    std::vector<std::string> attempts;   ///< names that are attempt ids, sorted
    std::vector<std::string> waiting;    ///< .next-<n>: made ahead, not yet claimed
    std::vector<std::string> discarded;  ///< moved away, to be removed
    std::vector<std::string> foreign;    ///< neither: left alone, named by `doctor`
};
Result<AttemptsListing> list_attempts(os::Directory& attempts);

/// Makes the directory of an attempt again from the journal's bytes: order, empty log, marks and events, durable with
/// its name. Nothing happens if it is there with the same order; an order with other bytes is rewritten, never trusted.
Result<> remake_attempt(os::Directory& attempts, const std::string& id, std::string_view document);

/// Moves a directory out of the way under a name that `list_attempts` gives as discarded. Removing it is slow and is
/// not done here. Answers the new name; empty if it is gone.
Result<std::string> discard_attempt(os::Directory& attempts, const std::string& name);

/// To be called before the outcome is created: a coordinator that was restored asks what the attempt was, long after
/// the journal has forgotten it. If a task has taken the order away, nobody will know.
void sync_order(os::Directory& attempt);

/// Creates outcome.json, durable, for an attempt whose process is dead or was never told `go`. Conflict if something
/// lies there already.
Result<> create_outcome(os::Directory& attempt, const wire::Outcome& outcome);

/// Before the outcome is created where something that is none lies in its place, or in that of its temporary file: it
/// is moved to outcome.foreign. The outcome then carries the flag outcome_tampered.
Result<> put_foreign_outcome_aside(os::Directory& attempt);

}  // namespace slipway::run
