#include "platform/base/states.h"

#include <array>

#include "platform/base/assert.h"

namespace slipway {
namespace {

// One name for each enumerator, in the order of its list.
constexpr std::array<std::string_view, 8> job_states = {"queued",    "leased", "running",  "canceling",
                                                        "succeeded", "failed", "canceled", "unknown"};
constexpr std::array<std::string_view, 9> attempt_states = {"leased", "received", "running", "canceling", "succeeded",
                                                            "failed", "canceled", "lost",    "unknown"};
constexpr std::array<std::string_view, 6> task_states = {"pending", "running",  "succeeded",
                                                         "failed",  "canceled", "skipped"};
constexpr std::array<std::string_view, 4> held_states = {"received", "running", "canceling", "ended"};
constexpr std::array<std::string_view, 4> endings = {"succeeded", "failed", "canceled", "lost"};
constexpr std::array<std::string_view, 13> reasons = {"exit_code",
                                                      "timed_out",
                                                      "input_invalid",
                                                      "artifact_missing",
                                                      "artifact_corrupt",
                                                      "archive_refused",
                                                      "disk_full",
                                                      "start_failed",
                                                      "canceled_by_user",
                                                      "host_restarted",
                                                      "attempt_process_died",
                                                      "attempt_unknown_to_agent",
                                                      "agent_deleted"};
constexpr std::array<std::string_view, 5> waitings = {"pool_empty", "maintenance", "demand_unmet", "none_online",
                                                      "all_busy"};
constexpr std::array<std::string_view, 6> flags = {"with_issues",  "log_gap",          "log_mismatch",
                                                   "log_tampered", "outcome_tampered", "superseded"};
constexpr std::array<std::string_view, 2> agent_contacts = {"online", "offline"};
constexpr std::array<std::string_view, 4> agent_statuses = {"enabled", "disabled", "conflicted", "deleted"};

template <typename Value, std::size_t count>
std::string_view name_of(const std::array<std::string_view, count>& names, Value value) {
    const auto index = static_cast<std::size_t>(value);
    ASSERT(index < count);
    return names[index];
}

template <typename Value, std::size_t count>
std::optional<Value> find(const std::array<std::string_view, count>& names, std::string_view text) {
    for (std::size_t i = 0; i < count; ++i)
        if (names[i] == text) return static_cast<Value>(i);
    return std::nullopt;
}

}  // namespace

bool is_final(JobState s) { return s == JobState::succeeded || s == JobState::failed || s == JobState::canceled; }

bool is_final(AttemptState s) {
    return s == AttemptState::succeeded || s == AttemptState::failed || s == AttemptState::canceled ||
           s == AttemptState::lost;
}

std::string_view to_string(JobState v) { return name_of(job_states, v); }
std::string_view to_string(AttemptState v) { return name_of(attempt_states, v); }
std::string_view to_string(TaskState v) { return name_of(task_states, v); }
std::string_view to_string(HeldState v) { return name_of(held_states, v); }
std::string_view to_string(Ending v) { return name_of(endings, v); }
std::string_view to_string(Reason v) { return name_of(reasons, v); }
std::string_view to_string(Waiting v) { return name_of(waitings, v); }
std::string_view to_string(Flag v) { return name_of(flags, v); }
std::string_view to_string(AgentContact v) { return name_of(agent_contacts, v); }
std::string_view to_string(AgentStatus v) { return name_of(agent_statuses, v); }

std::optional<JobState> job_state_from(std::string_view t) { return find<JobState>(job_states, t); }
std::optional<AttemptState> attempt_state_from(std::string_view t) { return find<AttemptState>(attempt_states, t); }
std::optional<TaskState> task_state_from(std::string_view t) { return find<TaskState>(task_states, t); }
std::optional<HeldState> held_state_from(std::string_view t) { return find<HeldState>(held_states, t); }
std::optional<Ending> ending_from(std::string_view t) { return find<Ending>(endings, t); }
std::optional<Reason> reason_from(std::string_view t) { return find<Reason>(reasons, t); }
std::optional<Waiting> waiting_from(std::string_view t) { return find<Waiting>(waitings, t); }
std::optional<Flag> flag_from(std::string_view t) { return find<Flag>(flags, t); }
std::optional<AgentContact> agent_contact_from(std::string_view t) { return find<AgentContact>(agent_contacts, t); }
std::optional<AgentStatus> agent_status_from(std::string_view t) { return find<AgentStatus>(agent_statuses, t); }

}  // namespace slipway
