#include "coordinator/api/resources.h"

#include "coordinator/core/demand.h"

namespace slipway::api {
namespace {

void nullable(json::Writer& out, std::string_view name, const std::optional<Reason>& reason) {
    api::nullable(out, name, reason ? to_string(*reason) : std::string_view());
}

void write_task(json::Writer& out, const core::AttemptTask& task) {
    out.begin_object();
    out.field("index", task.index);
    out.field("name", task.name);
    out.field("state", to_string(task.state));
    nullable(out, "reason", task.reason);
    api::nullable(out, "exit_code", task.exit_code);
    api::nullable(out, "log_begin", task.log_begin);
    api::nullable(out, "log_end", task.log_end);
    api::nullable(out, "started", task.started);
    api::nullable(out, "ended", task.ended);
    out.end_object();
}

std::string_view state_of(const core::JoinToken& token, Time now) {
    if (token.used) return "used";
    if (token.revoked) return "revoked";
    return now >= token.expires ? "expired" : "open";
}

void write_conflict(json::Writer& out, const core::Agent& agent) {
    out.begin_object("conflict");
    out.begin_array("instances");
    for (const auto& [instance, address] :
         {std::pair(agent.instance, agent.address), std::pair(agent.conflict->instance, agent.conflict->address)}) {
        out.begin_object();
        out.field("instance", instance);
        out.field("address", address);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

}  // namespace

void nullable(json::Writer& out, std::string_view name, const std::optional<Time>& value) {
    out.name(name);
    if (value)
        out.item(to_rfc3339(*value));
    else
        out.item(nullptr);
}

void nullable(json::Writer& out, std::string_view name, const std::optional<std::int64_t>& value) {
    out.name(name);
    if (value)
        out.item(*value);
    else
        out.item(nullptr);
}

void nullable(json::Writer& out, std::string_view name, std::string_view value) {
    out.name(name);
    if (value.empty())
        out.item(nullptr);
    else
        out.item(value);
}

void write(json::Writer& out, const core::Pool& pool) {
    out.begin_object();
    out.field("name", pool.name);
    out.field("created", to_rfc3339(pool.created));
    out.end_object();
}

void write_fields(json::Writer& out, const core::Token& token) {
    out.field("id", token.id);
    out.field("name", token.name);
    out.field("role", core::to_string(token.role));
    out.field("created", to_rfc3339(token.created));
    out.field("created_by", token.created_by);
    out.field("expires", to_rfc3339(token.expires));
    nullable(out, "revoked", token.revoked);
    nullable(out, "last_used", token.last_used);
}

void write(json::Writer& out, const core::Artifact& artifact) {
    out.begin_object();
    out.field("id", artifact.id);
    out.field("name", artifact.name);
    out.field("version", artifact.version);
    out.field("sha256", artifact.sha256);
    out.field("bytes", artifact.bytes);
    out.field("created", to_rfc3339(artifact.created));
    out.field("created_by", artifact.created_by);
    out.end_object();
}

void write(json::Writer& out, const core::AuditRecord& record) {
    out.begin_object();
    out.field("seq", record.seq);
    out.field("time", to_rfc3339(record.time));
    out.field("actor", record.actor);
    out.field("address", record.address);
    out.field("action", record.action);
    out.field("object", record.object);
    out.field("result", record.result);
    out.field("hash", record.hash);
    out.end_object();
}

void write_fields(json::Writer& out, const JoinTokenView& view, Time now) {
    const core::JoinToken& token = view.token;
    out.field("id", token.id);
    out.field("pool", view.pool);
    nullable(out, "agent_name", token.agent_name);
    out.field("created", to_rfc3339(token.created));
    out.field("created_by", token.created_by);
    out.field("expires", to_rfc3339(token.expires));
    out.field("state", state_of(token, now));
    nullable(out, "agent", view.agent);
}

void write_fields(json::Writer& out, const AgentView& view) {
    const core::Agent& agent = view.agent;
    out.field("id", agent.id);
    out.field("name", agent.name);
    out.field("pool", view.pool);
    out.field("status", to_string(agent.status()));
    out.field("contact", to_string(view.contact));
    out.field("slots", agent.slots);
    out.field("running", view.running);
    out.field("version", agent.version);
    out.field("address", agent.address);
    out.field("created", to_rfc3339(agent.created));
    nullable(out, "last_contact", agent.last_contact.us == 0 ? std::nullopt : std::optional(agent.last_contact));
    if (agent.conflict) write_conflict(out, agent);
}

void write_fields(json::Writer& out, const JobView& view) {
    const core::Job& job = view.job;
    out.field("id", job.id);
    out.field("name", job.name);
    out.field("pool", view.pool);
    out.field("state", to_string(job.state));
    nullable(out, "reason", job.reason);
    out.field("summary", job.summary);
    out.field("with_issues", job.with_issues);
    nullable(out, "waiting", view.waiting ? to_string(*view.waiting) : std::string_view());
    if (job.held_by_restore != 0) out.field("held_by_restore", true);
    out.field("priority", job.priority);
    if (job.cancel_requested) out.field("cancel_requested", true);
    out.field("created", to_rfc3339(job.created));
    out.field("created_by", job.created_by);
    nullable(out, "started", job.started);
    nullable(out, "ended", job.ended);
    out.field("attempts_made", job.attempts);
    nullable(out, "agent", view.agent);
}

void write(json::Writer& out, const AttemptView& view) {
    const core::Attempt& attempt = view.attempt;
    out.begin_object();
    out.field("id", attempt.id);
    out.field("fence", attempt.fence);
    out.field("agent", view.agent);
    out.field("state", to_string(attempt.state));
    nullable(out, "reason", attempt.reason);
    out.begin_array("flags");
    for (const Flag flag : attempt.flags) out.item(to_string(flag));
    out.end_array();
    out.field("summary", attempt.summary);
    out.field("leased", to_rfc3339(attempt.leased));
    nullable(out, "started", attempt.started);
    nullable(out, "ended", attempt.ended);
    out.field("log_bytes", view.log_bytes);
    out.field("log_sealed", attempt.log_sealed);
    out.begin_array("tasks");
    for (const core::AttemptTask& task : view.tasks) write_task(out, task);
    out.end_array();
    out.end_object();
}

}  // namespace slipway::api
