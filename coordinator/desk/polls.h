#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/core/report.h"
#include "coordinator/desk/desk.h"

/// What agents say: polls and reports. Run in a turn of the desk.
namespace slipway::desk {

/// Takes in a poll and parks it until there is something to say. `reply` is called exactly once: after a commit, at the
/// end of the hold, or when a newer poll comes.
void poll(Turn& turn, std::int64_t agent_row, const core::Poll& poll, PollReply reply);

/// One attempt in a report; its log bytes are durable already.
struct Reported {
    std::string attempt;
    std::int64_t fence = 0;
    core::ReportItem item;
    Desk::HeldLog log;
};
/// What a log is, once its bytes were seen.
struct JudgedLog {
    core::Seal seal = core::Seal::wait;
    std::string sha256;  ///< of the bytes that this is said of
};
struct ReportAnswer {
    std::string attempt;
    std::int64_t log_offset = 0;  ///< 0 after a digest that did not fit: all of it once more
    std::int64_t event_seq = 0;
    core::ReportVerdict verdict;
    bool stale_fence = false;  ///< there is no such attempt of this agent
    JudgedLog log;
};
Result<std::vector<ReportAnswer>> report(Turn& turn, std::int64_t agent_row, const std::vector<Reported>& items);

/// What is durable of a log has grown: it may be complete now, or wanted once more.
Result<JudgedLog> note_log(Turn& turn, std::int64_t attempt_row, const Desk::HeldLog& log);
/// After Seal::send_again: the bytes that did not fit are gone, durably.
Result<> log_begun_anew(Turn& turn, const std::string& attempt);

}  // namespace slipway::desk
