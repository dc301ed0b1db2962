#pragma once

#include <string>
#include <string_view>

/// The names of an attempt's files (README.md says who writes which) and of what stands beside them in the agent's
/// state directory.
namespace slipway::run {

inline constexpr std::string_view attempts_name =
    "attempts";                                          ///< of the folder of all attempts, in the state directory
inline constexpr std::string_view cache_name = "cache";  ///< of verified blobs, each named by its digest

inline constexpr std::string_view order_name = "attempt.json";  ///< the envelope's bytes, as they came
inline constexpr std::string_view log_name = "log";             ///< raw bytes, append-only
inline constexpr std::string_view marks_name = "log.times";     ///< run::encode(Mark)
inline constexpr std::string_view events_name = "events";       ///< lines of wire::encode(Event)
inline constexpr std::string_view outcome_name = "outcome.json";
inline constexpr std::string_view foreign_outcome_name = "outcome.foreign";  ///< found in its place: a task wrote it
inline constexpr std::string_view cancel_name = "cancel";                    ///< the grace in whole seconds, as text
inline constexpr std::string_view holder_name = "process";                   ///< run::encode(Holder)
inline constexpr std::string_view work_name = "work";       ///< artifacts by alias, and where tasks work
inline constexpr std::string_view temporary_name = "temp";  ///< in work: TMPDIR

/// Of the directory that a waiting process has made ahead; it becomes attempts/<attempt id>.
inline constexpr std::string_view waiting_prefix = ".next-";

/// Of directories that were moved out of the way and wait for their removal.
inline constexpr std::string_view discarded_prefix = ".old-";

/// Of the two groups of an attempt, behind "<group>/".
inline constexpr std::string_view run_group = "run";      ///< the attempt process
inline constexpr std::string_view tasks_group = "tasks";  ///< all that it starts
/// Of the group of a task with `leave_running: true`: "left-<group>-<index of the task>". Nobody kills it.
inline constexpr std::string_view left_prefix = "left-";

}  // namespace slipway::run
