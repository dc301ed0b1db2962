#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/poll.h"

namespace slipway::core {

/// How an attempt ended, as its host tells (protocol.md 3, "Outcome").
struct Outcome {
    Ending ending = Ending::failed;
    std::optional<Reason> reason;
    std::set<Flag> flags;
    std::string summary;
    std::optional<std::int64_t> log_length;
    std::string log_sha256;
    std::optional<Time> started;
    std::optional<Time> ended;
    std::string text;  ///< the JSON as it came
};

/// What is said of one attempt in a report, after its log and event bytes are durable.
struct ReportItem {
    std::vector<AttemptTask> tasks;  ///< as the events of this report leave them
    bool started = false;            ///< a task has started
    std::int64_t event_seq = 0;      ///< highest event that is durable now
    std::optional<Outcome> outcome;
    bool log_gap = false;
};

/// What an event adds to what is known of a task: its start tells one part, its end another.
void merge(const AttemptTask& news, AttemptTask& task);

struct ReportVerdict {
    bool outcome_stored = false;
    bool superseded = false;
};

/// Takes in one item. What comes late is always stored under its attempt and moves nothing. An outcome that is stored
/// already never changes: the second one is answered as the first.
ReportVerdict take_report(const ReportItem& item, Case& of, Time now);

/// Whether the log can be sealed now. `held_bytes` and `held_sha256`: what is durable here.
enum class Seal {
    wait,        ///< bytes are still missing
    sealed,      ///< complete, or as complete as it will be (the attempt is marked)
    send_again,  ///< the digest does not fit: these bytes go, then log_begun_anew(), then all of it once more
};
Seal take_log(Attempt& attempt, std::int64_t held_bytes, std::string_view held_sha256);
/// The bytes that did not fit are gone. Only now: whoever dies before asks once more, whoever dies after does not.
inline void log_begun_anew(Attempt& attempt) { attempt.log_asked_again = true; }

}  // namespace slipway::core
