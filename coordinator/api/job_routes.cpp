#include "coordinator/api/job_routes.h"

#include <algorithm>
#include <map>

#include "coordinator/api/handling.h"
#include "coordinator/api/job_document.h"
#include "coordinator/api/resources.h"
#include "coordinator/api/route_table.h"
#include "coordinator/core/demand.h"
#include "coordinator/core/report.h"
#include "coordinator/desk/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"

namespace slipway::api {
namespace {

/// Names of the pools and agents that rows refer to, looked up once each.
class Names {
public:
    explicit Names(store::Reader& reader) : reader_(reader) {}

    Result<std::string> pool(std::int64_t row) {
        if (const auto known = pools_.find(row); known != pools_.end()) return known->second;
        TRY_ASSIGN(const auto pool, reader_.pool(row));
        return pools_[row] = pool ? pool->name : "";
    }
    Result<std::string> agent(std::int64_t row) {
        if (const auto known = agents_.find(row); known != agents_.end()) return known->second;
        TRY_ASSIGN(const auto name, reader_.agent_name(row));
        return agents_[row] = name.value_or("");
    }

private:
    store::Reader& reader_;
    std::map<std::int64_t, std::string> pools_;
    std::map<std::int64_t, std::string> agents_;
};

Result<JobView> view_of(Names& names, core::Job job) {
    JobView view;
    TRY_ASSIGN(view.pool, names.pool(job.pool_row));
    if (job.current_attempt_row != 0) {
        TRY_ASSIGN(view.agent, names.agent(job.agent_row));
    }
    view.job = std::move(job);
    return view;
}

bool is_queued(const JobView& view) { return view.job.state == JobState::queued; }

void explain(desk::Desk& desk, JobView& view) {
    if (is_queued(view) && desk.queue().contains(view.job.row)) view.waiting = desk.queue().waiting(view.job.row);
}

/// Inside the turn, at whose end the job goes to an agent if one is free.
std::optional<Waiting> why_it_waits(desk::Turn& turn, const core::Job& job) {
    const core::Queue& queue = turn.desk().queue();
    if (!queue.contains(job.row) || queue.agent_for(job.row)) return std::nullopt;
    return queue.waiting(job.row);
}

std::string job_json(const JobView& view) {
    json::Writer out;
    out.begin_object();
    write_fields(out, view);
    out.end_object();
    return std::move(out).take();
}

/// Every task of the job: what the attempt's events tell of it, else that it is still to come.
std::vector<core::AttemptTask> all_tasks(const std::string& spec, std::vector<core::AttemptTask> told) {
    const auto value = json::parse(spec, {.bytes_max = limits::order_bytes_max});
    if (!value) return told;
    std::vector<core::AttemptTask> tasks;
    json::Reader in(*value, json::UnknownFields::ignore);
    in.array("tasks", limits::tasks_max, [&](json::Reader& item) {
        core::AttemptTask& task = tasks.emplace_back();
        task.index = static_cast<std::int64_t>(tasks.size()) - 1;
        item.required("name", task.name);
    });
    for (const core::AttemptTask& news : told) {
        const auto index = static_cast<std::size_t>(news.index);
        if (index < tasks.size()) core::merge(news, tasks[index]);
    }
    return tasks;
}

struct Details {
    JobView view;
    std::vector<core::JobArtifact> artifacts;
    std::vector<AttemptView> attempts;
};

std::string details_json(const Details& details) {
    const core::Job& job = details.view.job;
    json::Writer out;
    out.begin_object();
    write_fields(out, details.view);
    out.begin_array("demands");
    for (const core::Demand& demand : job.demands) out.item(core::format_demand(demand));
    out.end_array();
    out.field("idempotent", job.idempotent);
    out.field("timeout_s", job.timeout_s);
    out.field("cancel_grace_s", job.cancel_grace_s);
    out.begin_array("artifacts");
    for (const core::JobArtifact& artifact : details.artifacts) {
        out.begin_object();
        out.field("alias", artifact.alias);
        out.field("name", artifact.name);
        out.field("version", artifact.version);
        out.field("sha256", artifact.sha256);
        out.field("bytes", artifact.bytes);
        out.end_object();
    }
    out.end_array();
    out.field_json("spec", job.spec);
    if (!job.resolved_by.empty()) {
        out.begin_object("resolved");
        out.field("by", job.resolved_by);
        out.field("reason", job.resolved_reason);
        out.end_object();
    }
    out.begin_array("attempts");
    for (const AttemptView& attempt : details.attempts) write(out, attempt);
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

struct JobPage {
    std::vector<JobView> views;
    std::string next_cursor;
};

Result<store::JobFilter> filter_of(const http::Request& request, store::Reader& reader) {
    store::JobFilter filter;
    if (const auto state = request.query.get("state")) {
        filter.state = job_state_from(*state);
        if (!filter.state)
            return fail(Code::invalid,
                        "state has to be one of queued leased running canceling succeeded failed canceled unknown",
                        "invalid_state");
    }
    if (const auto pool = request.query.get("pool")) {
        TRY_ASSIGN(const auto row, reader.pool_named(*pool));
        if (!row) return fail(Code::not_found, "there is no pool of that name", "pool_missing");
        filter.pool_row = row->row;
    }
    if (const auto agent = request.query.get("agent")) {
        TRY_ASSIGN(const auto row, reader.agent_named(*agent));
        if (!row) return fail(Code::not_found, "there is no agent of that name", "agent_missing");
        filter.agent_row = row->row;
    }
    filter.name = request.query.get("name").value_or("");
    return filter;
}

}  // namespace

void JobRoutes::create(http::Request request, http::Reply reply) {
    const auto value = read_json(request);
    if (!value) return reply.send(value.error());
    auto document = read_job_document(*value);
    if (!document) return reply.send(document.error());
    api::create(
        services_, request, reply, desk::Keep::answer,
        [this, job = std::move(document->job), actor = actor_of(request)](desk::Turn& turn) -> Result<desk::Created> {
            TRY(services_.reserve.admit());
            TRY_ASSIGN(auto made, desk::create_job(turn, actor, job));
            const std::string location = "/api/v1/jobs/" + made.id;
            const auto waiting = why_it_waits(turn, made);
            return desk::Created{201, job_json({std::move(made), job.pool, "", waiting}), location};
        });
}

void JobRoutes::list(http::Request request, http::Reply reply) {
    const auto page = cursors_.page(request, "jobs");
    if (!page) return reply.send(page.error());
    auto asked = std::make_shared<const http::Request>(std::move(request));
    const auto look = [this, asked, page = *page](store::Reader& reader) -> Result<JobPage> {
        TRY_ASSIGN(const auto filter, filter_of(*asked, reader));
        TRY_ASSIGN(auto list, reader.jobs(filter, page));
        JobPage found;
        found.next_cursor =
            list.looked_until ? cursors_.text("jobs", *list.looked_until) : cursors_.cut(list.jobs, page, "jobs");
        Names names(reader);
        for (core::Job& job : list.jobs) {
            TRY_ASSIGN(auto view, view_of(names, std::move(job)));
            found.views.push_back(std::move(view));
        }
        return found;
    };
    answer_from_store_and_desk<JobPage>(
        services_, reply,
        {.look = look,
         .asks_desk = [](const JobPage& found) { return std::ranges::any_of(found.views, is_queued); },
         .add =
             [](desk::Desk& desk, JobPage& found) {
                 for (JobView& view : found.views) explain(desk, view);
             },
         .show =
             [](const JobPage& found) {
                 return http::Response::json(
                     200, list_json(found.views, found.next_cursor, [](json::Writer& out, const JobView& view) {
                         out.begin_object();
                         write_fields(out, view);
                         out.end_object();
                     }));
             }});
}

void JobRoutes::show(http::Request request, http::Reply reply) {
    const auto look = [this, id = request.parameter("id")](store::Reader& reader) -> Result<Details> {
        TRY_ASSIGN(auto job, reader.job_by_id(id));
        if (!job) return fail(Code::not_found, "there is no job " + id, "job_missing");
        Names names(reader);
        Details details;
        TRY_ASSIGN(details.artifacts, reader.artifacts_of_job(job->row));
        TRY_ASSIGN(auto attempts, reader.attempts_of_job(job->row));
        for (core::Attempt& attempt : attempts) {
            AttemptView view;
            TRY_ASSIGN(view.agent, names.agent(attempt.agent_row));
            TRY_ASSIGN(auto told, reader.tasks_of_attempt(attempt.row));
            view.tasks = all_tasks(job->spec, std::move(told));
            TRY_ASSIGN(view.log_bytes, services_.logs.length(attempt.id));
            view.attempt = std::move(attempt);
            details.attempts.push_back(std::move(view));
        }
        TRY_ASSIGN(details.view, view_of(names, *std::move(job)));
        return details;
    };
    answer_from_store_and_desk<Details>(
        services_, reply,
        {.look = look,
         .asks_desk = [](const Details& details) { return is_queued(details.view); },
         .add = [](desk::Desk& desk, Details& details) { explain(desk, details.view); },
         .show = [](const Details& details) { return http::Response::json(200, details_json(details)); }});
}

void JobRoutes::move(const http::Request& request, const http::Reply& reply,
                     std::function<Result<core::Job>(desk::Turn&, const desk::Actor&, const std::string&)> work) {
    change<JobView>(
        services_, reply,
        [work = std::move(work), actor = actor_of(request),
         id = request.parameter("id")](desk::Turn& turn) -> Result<JobView> {
            TRY_ASSIGN(auto job, work(turn, actor, id));
            Names names(turn.tx());
            TRY_ASSIGN(auto view, view_of(names, std::move(job)));
            view.waiting = why_it_waits(turn, view.job);
            return view;
        },
        [](JobView view) { return http::Response::json(200, job_json(view)); });
}

void JobRoutes::cancel(http::Request request, http::Reply reply) { move(request, reply, desk::cancel_job); }

void JobRoutes::retry(http::Request request, http::Reply reply) { move(request, reply, desk::retry_job); }

void JobRoutes::release(http::Request request, http::Reply reply) { move(request, reply, desk::release_job); }

void JobRoutes::resolve(http::Request request, http::Reply reply) {
    const auto value = read_json(request);
    if (!value) return reply.send(value.error());
    JobState as = JobState::failed;
    std::string reason;
    json::Reader in(*value, json::UnknownFields::refuse);
    in.required("as", as, job_state_from);
    in.required("reason", reason, {.bytes_min = 1, .bytes_max = limits::summary_bytes_max});
    if (in.ok() && !is_final(as)) in.refuse("as", "expected succeeded, failed or canceled");
    if (auto finished = in.finish(); !finished) return reply.send(finished.error());
    move(request, reply, [as, reason](desk::Turn& turn, const desk::Actor& actor, const std::string& id) {
        return desk::resolve_job(turn, actor, id, as, reason);
    });
}

void JobRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, core::Permission;
    RouteTable table(router, http::Port::user, this);
    const Access read = Access::token(Permission::read);
    const Access run = Access::token(Permission::run_jobs);
    const Takes document{.body_bytes_max = limits::json_bytes_max};
    table.add(Method::post, "/api/v1/jobs", run, document, &JobRoutes::create);
    table.add(Method::get, "/api/v1/jobs", read, {.query = {"limit", "cursor", "state", "pool", "agent", "name"}},
              &JobRoutes::list);
    table.add(Method::get, "/api/v1/jobs/{id:uuid}", read, {}, &JobRoutes::show);
    table.add(Method::post, "/api/v1/jobs/{id:uuid}/cancel", run, {}, &JobRoutes::cancel);
    table.add(Method::post, "/api/v1/jobs/{id:uuid}/retry", run, {}, &JobRoutes::retry);
    table.add(Method::post, "/api/v1/jobs/{id:uuid}/release", run, {}, &JobRoutes::release);
    table.add(Method::post, "/api/v1/jobs/{id:uuid}/resolve", run, document, &JobRoutes::resolve);
}

}  // namespace slipway::api
