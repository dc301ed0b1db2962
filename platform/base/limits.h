#pragma once

#include <cstddef>
#include <cstdint>

/// Every limit of the programs, the unit last. tests/unit/limits_test.cpp walks this file and fails for a constant that
/// no test exceeds by one.
namespace slipway::limits {

// HTTP and documents
inline constexpr std::size_t request_header_bytes_max = 16 * 1024;
inline constexpr std::size_t response_header_bytes_max = 64 * 1024;
inline constexpr std::size_t request_target_bytes_max = 8 * 1024;
inline constexpr std::size_t request_fields_max = 100;
inline constexpr std::size_t json_bytes_max = 1024 * 1024;
inline constexpr std::size_t json_depth_max = 64;
inline constexpr std::size_t json_keys_max = 10'000;
inline constexpr std::size_t yaml_bytes_max = 256 * 1024;
inline constexpr std::size_t yaml_nodes_max = 100'000;
inline constexpr std::size_t poll_bytes_max = 256 * 1024;
inline constexpr std::size_t poll_answer_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t order_bytes_max = 1024 * 1024;
inline constexpr std::size_t report_bytes_max = 2 * 1024 * 1024;      ///< 1 MiB of content, base64 and JSON around it
inline constexpr std::size_t report_log_bytes_max = 16 * 1024;        ///< of one attempt in one report
inline constexpr std::size_t report_content_bytes_max = 1024 * 1024;  ///< logs and events of one report, decoded
inline constexpr std::size_t report_attempts_max = 256;
inline constexpr std::size_t report_events_max = 500;   ///< of all attempts in one report
inline constexpr std::size_t report_marks_max = 1'000;  ///< of one attempt in one report
inline constexpr std::size_t poll_attempts_max = 1'200;
inline constexpr std::size_t poll_refused_max = 256;
inline constexpr std::size_t capabilities_max = 2'000;
inline constexpr std::size_t capability_bytes_max = 200;  ///< of one value
inline constexpr std::size_t log_chunk_bytes_max = 256 * 1024;
inline constexpr std::size_t list_items_max = 500;
inline constexpr std::size_t list_items_default = 50;

// Jobs
inline constexpr std::size_t tasks_max = 200;
inline constexpr std::size_t inputs_max = 100;              ///< of one task
inline constexpr std::size_t input_bytes_max = 120 * 1024;  ///< Linux refuses an environment string of 128 KiB
inline constexpr std::size_t variables_max = 1'000;         ///< of a job; of a task's env
inline constexpr std::size_t variable_bytes_max = 32 * 1024;
inline constexpr std::size_t artifacts_per_job_max = 100;
inline constexpr std::size_t path_bytes_max = 4096;
inline constexpr std::size_t title_bytes_max = 200;  ///< of jobs and tasks, for people
inline constexpr std::size_t jobs_queued_max = 1'000'000;
inline constexpr std::int64_t job_timeout_s_max = 7 * 24 * 3600;
inline constexpr std::int64_t job_timeout_s_default = 3600;
inline constexpr std::int64_t cancel_grace_s_max = 600;
inline constexpr std::int64_t cancel_grace_s_default = 10;
inline constexpr int priority_max = 9;
inline constexpr int priority_default = 5;
inline constexpr int automatic_retries_max = 2;
inline constexpr std::size_t summary_bytes_max = 200;

// Attempts
inline constexpr std::uint64_t log_bytes_max = 1024ull * 1024 * 1024;
inline constexpr std::uint64_t events_max = 100'000;
inline constexpr std::size_t event_bytes_max = 16 * 1024;
inline constexpr std::size_t issue_bytes_max = 4096;  ///< of an issue's message, a progress text
inline constexpr std::size_t slots_max = 64;

// Artifacts
inline constexpr std::uint64_t artifact_bytes_max = 64ull * 1024 * 1024 * 1024;
inline constexpr std::uint64_t agent_cache_bytes_max = 10ull * 1024 * 1024 * 1024;
inline constexpr std::uint64_t reserve_bytes = 64ull * 1024 * 1024;

// Archives (security.md B31 to B36)
inline constexpr std::uint64_t archive_entries_max = 200'000;
inline constexpr std::size_t archive_depth_max = 64;
inline constexpr std::uint64_t archive_ratio_max = 200;  ///< counted after the first 10 MiB
inline constexpr std::uint64_t archive_ratio_free_bytes = 10ull * 1024 * 1024;
inline constexpr std::size_t archive_name_bytes_max = 1024;
inline constexpr std::size_t archive_component_bytes_max = 255;
inline constexpr std::size_t archive_names_bytes_max = 32 * 1024 * 1024;  ///< all names of one archive together
inline constexpr std::size_t archive_header_bytes_max = 256 * 1024;       ///< one tar extension header
inline constexpr std::uint64_t archive_bytes_max = 64ull * 1024 * 1024 * 1024;

// Connections
inline constexpr std::size_t handshakes_max = 128;
inline constexpr std::size_t handshakes_per_address_max = 16;
inline constexpr std::size_t tls_sessions_max = 20'000;

// Certificates
inline constexpr std::size_t certificate_bytes_max = 16 * 1024;  ///< one, or one key, as PEM or DER
inline constexpr std::size_t certificate_request_bytes_max = 16 * 1024;
inline constexpr std::size_t certificate_chain_max = 10;

}  // namespace slipway::limits
