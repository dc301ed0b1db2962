#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/wire/event.h"
#include "platform/wire/outcome.h"

/// POST report: all that is small of many attempts in one request and one commit; and the answer of POST
/// attempts/{id}/log (PROTOCOL.md 3.3, 3.5).
namespace slipway::wire {

/// When the byte at `offset` of a log was written.
struct Mark {
    std::int64_t offset = 0;
    std::int64_t ms = 0;  ///< since the attempt's start
    bool operator==(const Mark&) const = default;
};

struct LogChunk {
    std::int64_t offset = 0;
    std::string bytes;  ///< at most limits::report_log_bytes_max; base64 only on the wire
    std::vector<Mark> marks;
    bool operator==(const LogChunk&) const = default;
};

struct ReportedAttempt {
    std::string id;
    std::int64_t fence = 0;
    std::optional<LogChunk> log;
    std::vector<Event> events;  ///< in order, without holes
    std::optional<Outcome> outcome;
};

struct ReportRequest {
    std::int64_t seq = 0;
    std::vector<ReportedAttempt> attempts;
};

struct JudgedAttempt {
    std::string id;
    std::int64_t log_offset = 0;  ///< durable; where to go on
    std::int64_t event_seq = 0;   ///< highest durable event
    bool outcome_stored = false;
    bool superseded = false;
    std::string error;  ///< "stale_fence" or empty
    bool operator==(const JudgedAttempt&) const = default;
};

struct ReportAnswer {
    std::int64_t restore_epoch = 0;
    std::vector<JudgedAttempt> attempts;
};

struct LogAnswer {
    std::int64_t restore_epoch = 0;
    std::int64_t log_offset = 0;
    bool superseded = false;
};

std::string encode(const ReportRequest& message);
std::string encode(const ReportAnswer& message);
std::string encode(const LogAnswer& message);

/// `protocol` is what the agent's last poll said: fields that are not known are refused up to protocol_version.
/// Refused as well: more than limits::report_attempts_max attempts, limits::report_events_max events or
/// limits::report_content_bytes_max bytes of logs and events in all.
Result<ReportRequest> decode_report_request(std::string_view text, int protocol);
Result<ReportAnswer> decode_report_answer(std::string_view text);
Result<LogAnswer> decode_log_answer(std::string_view text);

}  // namespace slipway::wire
