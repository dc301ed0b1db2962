#pragma once

#include <string_view>

namespace slipway::sim {

/// What can happen in a history. Each is counted; one that happens in none of 300 histories is a defect of the
/// simulator. The names are in kinds.cpp, in the same order.
enum class Kind {
    // The network
    request_lost,
    request_doubled,
    answer_lost,
    message_late,
    host_cut_off,
    // The coordinator
    coordinator_killed,
    coordinator_killed_before_commit,
    coordinator_killed_after_commit,
    coordinator_killed_in_append,
    coordinator_power_cut,
    coordinator_disk_full,
    coordinator_paused,
    coordinator_clock_jump,
    coordinator_restored,
    // Hosts
    link_killed,
    link_killed_in_turn,
    attempt_killed,
    host_power_cut,
    host_disk_full,
    host_paused,
    host_clock_jump,
    disk_cloned,
    disk_restored,
    // People
    job_canceled,
    job_retried,
    job_resolved,
    job_released,
    agent_disabled,
    agent_deleted,
    conflict_resolved,
    // What then is worked on
    idempotent_retried,
    several_slots_used,
    task_left_running,
    order_refused,
    attempt_adopted,
    attempt_unknown,
    attempt_superseded,
    stale_fence,
    log_by_itself,
    log_asked_again,
    log_offset_wrong,
    log_marks_kept,
    blob_fetched,
    blob_cut_short,
    blob_resumed,
    blob_damaged,
    certificate_renewed,
    certificate_expired,
    kept_attempt_pruned,
    journal_swapped,
    count_
};
constexpr std::size_t kinds = static_cast<std::size_t>(Kind::count_);

std::string_view to_string(Kind kind);
/// Needs several others at the wrong moment: not in each 300 histories.
bool is_rare(Kind kind);

}  // namespace slipway::sim
