#pragma once

#include <chrono>
#include <string_view>

/// What both sides of /agent/v1 must agree on beside the messages. PROTOCOL.md is the same for readers without C++.
namespace slipway::wire {

using namespace std::chrono_literals;

/// The highest version that this program speaks.
inline constexpr int protocol_version = 1;

inline constexpr std::string_view enroll_path = "/agent/v1/enroll";
inline constexpr std::string_view renew_path = "/agent/v1/renew";
inline constexpr std::string_view poll_path = "/agent/v1/poll";
inline constexpr std::string_view report_path = "/agent/v1/report";
inline constexpr std::string_view attempts_path = "/agent/v1/attempts/";  ///< then <id>/log?fence=<n>
inline constexpr std::string_view blobs_path = "/agent/v1/blobs/";        ///< then <sha256>

inline constexpr std::string_view upload_offset_header = "Upload-Offset";
inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";
inline constexpr std::string_view bytes_type = "application/octet-stream";
inline constexpr std::string_view order_type = "application/vnd.slipway.order.v1+json";

/// Sent while a poll is parked; the JSON follows them.
inline constexpr std::string_view beat = "\n";

/// PROTOCOL.md 2 and 5.
inline constexpr auto hold = 50s;                ///< of a poll of an agent that holds nothing
inline constexpr auto hold_with_attempts = 20s;  ///< of a poll of an agent that holds attempts
inline constexpr auto beat_interval = 10s;       ///< between two beats of a parked poll
inline constexpr auto silence_max = 25s;         ///< then the agent drops the line
inline constexpr auto lease = 90s;               ///< of an attempt, from each list that names it
inline constexpr auto offline_after_hold = 30s;  ///< without a request: offline
inline constexpr auto clock_jump_max = 5s;       ///< of wall against steady time; beyond it leases begin anew
inline constexpr auto clock_skew_max = 5min;     ///< beyond it the agent's status says clock_suspect
inline constexpr auto enroll_again = 10min;      ///< the same token and key get the same certificate
inline constexpr auto certificate_life = 30 * 24h;
inline constexpr auto certificate_expired_max = 400 * 24h;  ///< an expired one may still renew
inline constexpr auto back_off_first = 500ms;
inline constexpr auto back_off_max = 30s;
inline constexpr auto restart_spread = 5s;    ///< over which agents come back after a coordinator's restart
inline constexpr auto mark_interval = 100ms;  ///< between two time marks of a log

}  // namespace slipway::wire
