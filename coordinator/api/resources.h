#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/agent.h"
#include "coordinator/core/artifact.h"
#include "coordinator/core/audit.h"
#include "coordinator/core/credential.h"
#include "coordinator/core/job.h"
#include "coordinator/core/pool.h"
#include "platform/json/writer.h"

/// Rows as openapi.yaml shows them. Each writes one object.
namespace slipway::api {

/// Writes "name": value or null.
void nullable(json::Writer& out, std::string_view name, const std::optional<Time>& value);
void nullable(json::Writer& out, std::string_view name, const std::optional<std::int64_t>& value);
void nullable(json::Writer& out, std::string_view name, std::string_view value);  ///< empty is null

void write(json::Writer& out, const core::Pool& pool);
void write_fields(json::Writer& out, const core::Token& token);
void write(json::Writer& out, const core::Artifact& artifact);
void write(json::Writer& out, const core::AuditRecord& record);

struct JoinTokenView {
    core::JoinToken token;
    std::string pool;
    std::string agent;  ///< the name of the one that used it
};
void write_fields(json::Writer& out, const JoinTokenView& view, Time now);

struct AgentView {
    core::Agent agent;
    std::string pool;
    AgentContact contact = AgentContact::offline;
    std::int64_t running = 0;
};
void write_fields(json::Writer& out, const AgentView& view);

struct JobView {
    core::Job job;
    std::string pool;
    std::string agent;  ///< of the current attempt
    std::optional<Waiting> waiting;
};
void write_fields(json::Writer& out, const JobView& view);

struct AttemptView {
    core::Attempt attempt;
    std::string agent;
    std::vector<core::AttemptTask> tasks;
    std::int64_t log_bytes = 0;
};
void write(json::Writer& out, const AttemptView& view);

/// {"items": [...], "next_cursor": ...}; `write_item` writes one item as an object.
template <typename Items, typename WriteItem>
std::string list_json(const Items& items, std::string_view next_cursor, WriteItem write_item) {
    json::Writer out;
    out.begin_object();
    out.begin_array("items");
    for (const auto& item : items) write_item(out, item);
    out.end_array();
    nullable(out, "next_cursor", next_cursor);
    out.end_object();
    return std::move(out).take();
}

}  // namespace slipway::api
