#include "platform/wire/order.h"

#include <algorithm>

#include "platform/wire/fields.h"

namespace slipway::wire {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_environment_name(std::string_view text) {
    return !text.empty() && !is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

constexpr json::Range timeout_range{1, limits::job_timeout_s_max};
constexpr json::Text path_text{.bytes_min = 1, .bytes_max = limits::path_bytes_max};
constexpr json::Text value_text{.bytes_max = limits::variable_bytes_max};
constexpr json::Text environment_text{
    .bytes_max = 128, .valid = is_environment_name, .expected = "a name of letters, digits and _"};
constexpr json::Text variable_text{
    .bytes_min = 1, .bytes_max = 128, .valid = is_line, .expected = "one line without control characters"};

void read(json::Reader& in, OrderArtifact& artifact) {
    in.required("alias", artifact.alias, name_text);
    in.required("name", artifact.name, name_text);
    in.required("version", artifact.version, version_text);
    in.required("sha256", artifact.sha256, digest_text);
    in.required("bytes", artifact.bytes, json::Range{0, limits::artifact_bytes_max});
}

void judge_aliases(json::Reader& in, const Order& order) {
    for (std::size_t i = 0; i < order.artifacts.size(); ++i)
        for (std::size_t earlier = 0; earlier < i; ++earlier)
            if (order.artifacts[i].alias == order.artifacts[earlier].alias)
                return in.refuse("artifacts/" + std::to_string(i) + "/alias",
                                 "the alias \"" + order.artifacts[i].alias + "\" is taken by another artifact");
}

void read(json::Reader& in, Order& order) {
    in.required("attempt", order.attempt, id_text);
    in.required("job", order.job, id_text);
    in.required("fence", order.fence, fence_range);
    in.required("agent", order.agent, id_text);
    required_time(in, "created", order.created);
    in.required("name", order.name, title_text);
    in.array("tasks", limits::tasks_max, [&](json::Reader& item) { read(item, order.tasks.emplace_back()); });
    if (order.tasks.empty()) in.refuse("tasks", "there is no task");
    in.text_map("variables", limits::variables_max, order.variables, variable_text, value_text);
    in.optional("working_directory", order.working_directory, path_text);
    in.required("timeout_s", order.timeout_s, timeout_range);
    in.required("cancel_grace_s", order.cancel_grace_s, json::Range{0, limits::cancel_grace_s_max});
    in.array("artifacts", limits::artifacts_per_job_max,
             [&](json::Reader& item) { read(item, order.artifacts.emplace_back()); });
    in.object("limits", [&](json::Reader& bounds) {
        bounds.required("log_bytes", order.log_bytes_max, json::Range{1, limits::log_bytes_max});
        bounds.required("events", order.events_max, json::Range{1, limits::events_max});
    });
    judge_aliases(in, order);
}

void write_map(json::Writer& out, std::string_view name, const std::map<std::string, std::string>& map) {
    out.begin_object(name);
    for (const auto& [key, value] : map) out.field(key, value);
    out.end_object();
}

void write(json::Writer& out, const OrderArtifact& artifact) {
    out.begin_object();
    out.field("alias", artifact.alias);
    out.field("name", artifact.name);
    out.field("version", artifact.version);
    out.field("sha256", artifact.sha256);
    out.field("bytes", artifact.bytes);
    out.end_object();
}

}  // namespace

void write(json::Writer& out, const OrderTask& task) {
    out.begin_object();
    out.field("name", task.name);
    out.field("task", task.task);
    write_map(out, "inputs", task.inputs);
    if (!task.enabled) out.field("enabled", false);
    if (task.continue_on_error) out.field("continue_on_error", true);
    out.field("timeout_s", task.timeout_s);
    out.field("working_directory", task.working_directory);
    if (!task.env.empty()) write_map(out, "env", task.env);
    if (task.leave_running) out.field("leave_running", true);
    out.end_object();
}

void read(json::Reader& in, OrderTask& task) {
    in.required("name", task.name, title_text);
    in.required("task", task.task, {.bytes_max = 71, .valid = is_task_reference, .expected = "a task such as shell@1"});
    in.text_map("inputs", limits::inputs_max, task.inputs, version_text, {.bytes_max = limits::input_bytes_max});
    in.optional("enabled", task.enabled);
    in.optional("continue_on_error", task.continue_on_error);
    in.optional("timeout_s", task.timeout_s, timeout_range);
    in.optional("working_directory", task.working_directory, path_text);
    in.text_map("env", limits::variables_max, task.env, environment_text, value_text);
    in.optional("leave_running", task.leave_running);
}

bool is_task_reference(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64 || text.front() == '-') return false;
    const std::string_view name = text.substr(0, at), version = text.substr(at + 1);
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; }) &&
           !version.empty() && version.size() <= 6 && std::all_of(version.begin(), version.end(), is_digit);
}

std::string encode(const Order& order) {
    json::Writer out;
    out.begin_object();
    out.field("attempt", order.attempt);
    out.field("job", order.job);
    out.field("fence", order.fence);
    out.field("agent", order.agent);
    out.field("created", to_rfc3339(order.created));
    out.field("name", order.name);
    out.begin_array("tasks");
    for (const OrderTask& task : order.tasks) write(out, task);
    out.end_array();
    write_map(out, "variables", order.variables);
    out.field("working_directory", order.working_directory);
    out.field("timeout_s", order.timeout_s);
    out.field("cancel_grace_s", order.cancel_grace_s);
    out.begin_array("artifacts");
    for (const OrderArtifact& artifact : order.artifacts) write(out, artifact);
    out.end_array();
    out.begin_object("limits");
    out.field("log_bytes", order.log_bytes_max);
    out.field("events", order.events_max);
    out.end_object();
    out.end_object();
    return std::move(out).take();
}

Result<Order> decode_order(std::string_view payload) {
    TRY_ASSIGN(const auto value, json::parse(payload, {.bytes_max = limits::order_bytes_max}));
    return read_whole<Order>(value, json::UnknownFields::refuse, read);
}

}  // namespace slipway::wire
