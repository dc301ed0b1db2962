#include "coordinator/api/job_document.h"

#include <algorithm>
#include <array>

#include "coordinator/api/field_rules.h"
#include "coordinator/core/demand.h"
#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"
#include "tasks/manifest/catalogue.h"

namespace slipway::api {
namespace {

constexpr std::size_t demands_max = 100;
constexpr std::size_t artifacts_max = limits::artifacts_per_job_max;
/// An order is the spec with ids and artifacts around it (35 KiB at most), in base64: as an envelope it has to stay
/// within order_bytes_max, or no agent would take it.
constexpr std::size_t spec_bytes_max = limits::order_bytes_max / 16 * 11;

/// As the task will find it in its environment: "a.b c" is A_B_C.
std::string environment_name(std::string_view variable) {
    std::string name;
    for (const char c : variable) {
        const bool digit = c >= '0' && c <= '9';
        const bool lower = c >= 'a' && c <= 'z';
        const bool upper = c >= 'A' && c <= 'Z';
        name += lower ? static_cast<char>(c - 'a' + 'A') : digit || upper ? c : '_';
    }
    return name;
}

bool is_reserved(std::string_view name) {
    constexpr std::array<std::string_view, 4> words = {"PATH", "HOME", "LANG", "TMPDIR"};
    constexpr std::array<std::string_view, 4> beginnings = {"SLIPWAY_", "INPUT_", "LD_", "ARTIFACTS_"};
    return std::ranges::find(words, name) != words.end() ||
           std::ranges::any_of(beginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

void judge_names(json::Reader& in, const std::string& field, const std::map<std::string, std::string>& map,
                 bool path_allowed) {
    for (const auto& [name, value] : map) {
        const std::string as = environment_name(name);
        if (is_reserved(as) && !(path_allowed && as == "PATH"))
            in.refuse(field + "/" + name, Error{Code::invalid,
                                                "the name \"" + name + "\" would become " + as +
                                                    " in the environment, which belongs to the agent: choose another",
                                                "reserved_name"});
    }
}

void read_demands(json::Reader& in, core::Demands& demands) {
    std::vector<std::string> texts;
    in.texts("demands", demands_max, texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto demand = core::parse_demand(texts[i]);
        if (demand)
            demands.insert(*std::move(demand));
        else
            in.refuse("demands/" + std::to_string(i), demand.error());
    }
}

void read_artifacts(json::Reader& in, std::vector<desk::NewJob::Use>& artifacts) {
    in.array("artifacts", artifacts_max, [&](json::Reader& item) {
        desk::NewJob::Use use;
        item.required("name", use.name, name_text);
        item.required("version", use.version, version_text);
        use.alias = use.name;
        item.optional("alias", use.alias, name_text);
        const bool taken = std::ranges::any_of(artifacts, [&](const auto& other) { return other.alias == use.alias; });
        if (taken) item.refuse("alias", "the alias \"" + use.alias + "\" is taken by another artifact of this job");
        if (use.alias == "temp")
            item.refuse("alias", "the alias \"temp\" is the name of the tasks' own folder: choose another");
        artifacts.push_back(std::move(use));
    });
}

void read_tasks(json::Reader& in, std::vector<wire::OrderTask>& tasks) {
    static const tasks::Catalogue catalogue = tasks::Catalogue::built_in();
    in.array("tasks", limits::tasks_max, [&](json::Reader& item) {
        wire::OrderTask& task = tasks.emplace_back();
        wire::read(item, task);
        if (!item.ok()) return;
        judge_names(item, "env", task.env, true);
        if (auto known = catalogue.check_task(task.task, task.inputs); !known) item.refuse("", known.error());
    });
    if (in.ok() && tasks.empty()) in.refuse("tasks", "a job needs at least one task");
}

std::string spec_of(const JobDocument& document) {
    json::Writer out;
    out.begin_object();
    out.begin_array("tasks");
    for (const wire::OrderTask& task : document.tasks) wire::write(out, task);
    out.end_array();
    out.begin_object("variables");
    for (const auto& [name, value] : document.variables) out.field(name, value);
    out.end_object();
    out.field("working_directory", document.working_directory);
    out.end_object();
    return std::move(out).take();
}

}  // namespace

Result<JobDocument> read_job_document(const json::Value& value) {
    JobDocument document;
    desk::NewJob& job = document.job;
    json::Reader in(value, json::UnknownFields::refuse);
    in.required("name", job.name, title_text);
    job.pool = "default";
    in.optional("pool", job.pool, name_text);
    read_demands(in, job.demands);
    read_artifacts(in, job.artifacts);
    in.optional("priority", job.priority, json::Range{0, limits::priority_max});
    in.optional("idempotent", job.idempotent);
    in.optional("timeout_s", job.timeout_s, json::Range{1, limits::job_timeout_s_max});
    in.optional("cancel_grace_s", job.cancel_grace_s, json::Range{0, limits::cancel_grace_s_max});
    in.text_map("variables", limits::variables_max, document.variables, {.bytes_min = 1, .bytes_max = 128},
                {.bytes_max = limits::variable_bytes_max});
    judge_names(in, "variables", document.variables, false);
    in.optional("working_directory", document.working_directory, {.bytes_min = 1, .bytes_max = limits::path_bytes_max});
    if (document.working_directory && !document.working_directory->starts_with('/') &&
        document.working_directory->find(':') != 1)
        in.refuse("working_directory", "expected an absolute path, such as /srv/docs");
    read_tasks(in, document.tasks);
    TRY(in.finish());
    job.spec = spec_of(document);
    if (job.spec.size() > spec_bytes_max)
        return fail(Code::limit,
                    "the job's tasks and variables take " + std::to_string(job.spec.size()) + " bytes, at most " +
                        std::to_string(spec_bytes_max) + ": put large texts into an artifact",
                    "field_limit");
    return document;
}

}  // namespace slipway::api
