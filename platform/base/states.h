#pragma once

#include <optional>
#include <string_view>

/// The closed lists of states, reasons and flags: the same words in the database, on the wire, in files, in the API and
/// on pages. Each list has to_string() and <type>_from(text); an unknown text is std::nullopt.
namespace slipway {

enum class JobState { queued, leased, running, canceling, succeeded, failed, canceled, unknown };
enum class AttemptState { leased, received, running, canceling, succeeded, failed, canceled, lost, unknown };
enum class TaskState { pending, running, succeeded, failed, canceled, skipped };

/// What an agent says of an attempt that it holds; `ended`: its outcome is not yet acknowledged.
enum class HeldState { received, running, canceling, ended };

/// How an attempt ended, in its outcome.
enum class Ending { succeeded, failed, canceled, lost };

enum class Reason {
    exit_code,
    timed_out,
    input_invalid,
    artifact_missing,
    artifact_corrupt,
    archive_refused,
    disk_full,
    start_failed,
    canceled_by_user,
    host_restarted,
    attempt_process_died,
    attempt_unknown_to_agent,
    agent_deleted,
};

/// Why a job is still queued; the first that holds, in this order.
enum class Waiting { pool_empty, maintenance, demand_unmet, none_online, all_busy };

/// Beside any end of an attempt.
enum class Flag { with_issues, log_gap, log_mismatch, log_tampered, outcome_tampered, superseded };

enum class AgentContact { online, offline };
enum class AgentStatus { enabled, disabled, conflicted, deleted };

bool is_final(JobState state);      ///< succeeded, failed, canceled: never changes again
bool is_final(AttemptState state);  ///< succeeded, failed, canceled, lost

std::string_view to_string(JobState);
std::string_view to_string(AttemptState);
std::string_view to_string(TaskState);
std::string_view to_string(HeldState);
std::string_view to_string(Ending);
std::string_view to_string(Reason);
std::string_view to_string(Waiting);
std::string_view to_string(Flag);
std::string_view to_string(AgentContact);
std::string_view to_string(AgentStatus);

std::optional<JobState> job_state_from(std::string_view text);
std::optional<AttemptState> attempt_state_from(std::string_view text);
std::optional<TaskState> task_state_from(std::string_view text);
std::optional<HeldState> held_state_from(std::string_view text);
std::optional<Ending> ending_from(std::string_view text);
std::optional<Reason> reason_from(std::string_view text);
std::optional<Waiting> waiting_from(std::string_view text);
std::optional<Flag> flag_from(std::string_view text);
std::optional<AgentContact> agent_contact_from(std::string_view text);
std::optional<AgentStatus> agent_status_from(std::string_view text);

}  // namespace slipway
