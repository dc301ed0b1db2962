#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/states.h"
#include "platform/base/time.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"

namespace slipway::wire {

/// How an attempt ended: the file outcome.json and the object `outcome` of a report (PROTOCOL.md 3.4).
struct Outcome {
    Ending result = Ending::failed;
    bool with_issues = false;      ///< only beside succeeded
    std::optional<Reason> reason;  ///< none beside succeeded
    std::string summary;           ///< one line for people, at most limits::summary_bytes_max: the last error
    std::vector<std::optional<std::int64_t>> exit_codes;  ///< by index of the task; none for one that had no process
    std::int64_t log_length = 0;
    std::optional<std::string> log_sha256;  ///< none after a power cut: the log may have lost its end
    std::set<Flag> flags;                   ///< log_gap, log_tampered, outcome_tampered: what the host itself found
    std::optional<Time> started;            ///< of the first task; none if it never began
    Time ended;
    std::int64_t duration_ms = 0;  ///< from `go` to the end, by the clock that only grows
    bool operator==(const Outcome&) const = default;
};

/// One line of at most limits::summary_bytes_max bytes, cut between characters, control characters as blanks.
std::string to_summary(std::string_view text);

std::string encode(const Outcome& outcome);
Result<Outcome> decode_outcome(std::string_view text, json::UnknownFields unknown = json::UnknownFields::refuse);

void write(json::Writer& out, const Outcome& outcome);
void read(json::Reader& in, Outcome& outcome);

}  // namespace slipway::wire
