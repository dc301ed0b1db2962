#include "coordinator/api/agent_admin_routes.h"

#include "coordinator/api/credentials.h"
#include "coordinator/api/field_rules.h"
#include "coordinator/api/handling.h"
#include "coordinator/api/resources.h"
#include "coordinator/api/route_table.h"
#include "coordinator/desk/agents.h"
#include "platform/base/ids.h"
#include "platform/json/reader.h"

namespace slipway::api {
namespace {

Result<AgentView> view_of(store::Reader& reader, core::Agent agent) {
    AgentView view;
    TRY_ASSIGN(const auto pool, reader.pool(agent.pool_row));
    if (pool) view.pool = pool->name;
    TRY_ASSIGN(const auto open, reader.open_attempts(agent.row));
    view.running = static_cast<std::int64_t>(open.size());
    view.agent = std::move(agent);
    return view;
}

std::string agent_json(const AgentView& view) {
    json::Writer out;
    out.begin_object();
    write_fields(out, view);
    out.end_object();
    return std::move(out).take();
}

struct AgentPage {
    std::vector<AgentView> views;
    std::string next_cursor;
};

struct Running {
    core::Attempt attempt;
    core::Job job;
};
struct Details {
    AgentView view;
    std::vector<Running> running;
};

std::string details_json(const Details& details) {
    json::Writer out;
    out.begin_object();
    write_fields(out, details.view);
    out.begin_object("capabilities");
    for (const auto& [name, value] : details.view.agent.capabilities) out.field(name, value);
    out.end_object();
    out.field("instance", details.view.agent.instance);
    out.field("boot_id", details.view.agent.boot_id);
    out.begin_array("attempts");
    for (const Running& running : details.running) {
        out.begin_object();
        out.field("attempt", running.attempt.id);
        out.field("job", running.job.id);
        out.field("job_name", running.job.name);
        out.field("fence", running.attempt.fence);
        out.field("state", to_string(running.attempt.state));
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

}  // namespace

void AgentAdminRoutes::list(http::Request request, http::Reply reply) {
    const auto page = cursors_.page(request, "agents");
    if (!page) return reply.send(page.error());
    const std::string pool_name(request.query.get("pool").value_or(""));
    const auto look = [this, pool_name, page = *page](store::Reader& reader) -> Result<AgentPage> {
        std::optional<std::int64_t> pool_row;
        if (!pool_name.empty()) {
            TRY_ASSIGN(const auto pool, reader.pool_named(pool_name));
            if (!pool) return fail(Code::not_found, "there is no pool of that name", "pool_missing");
            pool_row = pool->row;
        }
        TRY_ASSIGN(auto agents, reader.agents(page, pool_row));
        AgentPage found;
        found.next_cursor = cursors_.cut(agents, page, "agents");
        for (core::Agent& agent : agents) {
            TRY_ASSIGN(auto view, view_of(reader, std::move(agent)));
            found.views.push_back(std::move(view));
        }
        return found;
    };
    answer_from_store_and_desk<AgentPage>(
        services_, reply,
        {.look = look,
         .asks_desk = [](const AgentPage& found) { return !found.views.empty(); },
         .add =
             [](desk::Desk& desk, AgentPage& found) {
                 for (AgentView& view : found.views) view.contact = desk.contact(view.agent.row);
             },
         .show =
             [](const AgentPage& found) {
                 return http::Response::json(
                     200, list_json(found.views, found.next_cursor,
                                    [](json::Writer& out, const AgentView& view) { out.item_json(agent_json(view)); }));
             }});
}

void AgentAdminRoutes::show(http::Request request, http::Reply reply) {
    const auto look = [name = request.parameter("name")](store::Reader& reader) -> Result<Details> {
        TRY_ASSIGN(auto agent, reader.agent_named(name));
        if (!agent) return fail(Code::not_found, "there is no agent " + name, "agent_missing");
        Details details;
        TRY_ASSIGN(auto open, reader.open_attempts(agent->row));
        for (core::Attempt& attempt : open) {
            TRY_ASSIGN(auto job, reader.job(attempt.job_row));
            if (job) details.running.push_back({std::move(attempt), *std::move(job)});
        }
        TRY_ASSIGN(details.view, view_of(reader, *std::move(agent)));
        return details;
    };
    answer_from_store_and_desk<Details>(
        services_, reply,
        {.look = look,
         .asks_desk = [](const Details&) { return true; },
         .add = [](desk::Desk& desk, Details& details) { details.view.contact = desk.contact(details.view.agent.row); },
         .show = [](const Details& details) { return http::Response::json(200, details_json(details)); }});
}

void AgentAdminRoutes::change_agent(const http::Reply& reply, std::function<Result<core::Agent>(desk::Turn&)> work) {
    change<AgentView>(
        services_, reply,
        [work = std::move(work)](desk::Turn& turn) -> Result<AgentView> {
            TRY_ASSIGN(auto agent, work(turn));
            TRY_ASSIGN(auto view, view_of(turn.tx(), std::move(agent)));
            view.contact = turn.desk().contact(view.agent.row);
            return view;
        },
        [this](AgentView view) {
            services_.credentials.forget();
            if (view.agent.serial.empty()) close_lines(view.agent.id);
            return http::Response::json(200, agent_json(view));
        });
}

void AgentAdminRoutes::enable(http::Request request, http::Reply reply) {
    change_agent(reply, [actor = actor_of(request), name = request.parameter("name")](desk::Turn& turn) {
        return desk::set_enabled(turn, actor, name, desk::Enabled::yes);
    });
}

void AgentAdminRoutes::disable(http::Request request, http::Reply reply) {
    change_agent(reply, [actor = actor_of(request), name = request.parameter("name")](desk::Turn& turn) {
        return desk::set_enabled(turn, actor, name, desk::Enabled::no);
    });
}

void AgentAdminRoutes::resolve(http::Request request, http::Reply reply) {
    const auto value = read_json(request);
    if (!value) return reply.send(value.error());
    std::optional<std::string> keep;
    bool re_enroll = false;
    json::Reader in(*value, json::UnknownFields::refuse);
    in.optional("keep", keep, {.bytes_min = 32, .bytes_max = 32});
    in.optional("re_enroll", re_enroll);
    if (in.ok() && keep.has_value() == re_enroll) in.refuse("", "expected exactly one of keep and re_enroll");
    if (auto finished = in.finish(); !finished) return reply.send(finished.error());
    change_agent(reply, [actor = actor_of(request), name = request.parameter("name"), keep](desk::Turn& turn) {
        return keep ? desk::keep_instance(turn, actor, name, *keep) : desk::demand_enrollment(turn, actor, name);
    });
}

void AgentAdminRoutes::remove(http::Request request, http::Reply reply) {
    const auto asked = request.query.get("force").value_or("false");
    if (asked != "true" && asked != "false")
        return reply.send(Error{Code::invalid, "force has to be true or false", "invalid_field"});
    const auto force = asked == "true" ? desk::Force::yes : desk::Force::no;
    change<core::Agent>(
        services_, reply,
        [actor = actor_of(request), name = request.parameter("name"), force](desk::Turn& turn) {
            return desk::delete_agent(turn, actor, name, force);
        },
        [this](const core::Agent& agent) {
            services_.credentials.forget();
            close_lines(agent.id);
            return http::Response::empty();
        });
}

// What is under way for a certificate that is good for nothing any more does not go on.
void AgentAdminRoutes::close_lines(const std::string& agent_id) {
    services_.server->loop().post([this, agent_id] { services_.server->close_agent(agent_id); });
}

void AgentAdminRoutes::list_pools(http::Request, http::Reply reply) {
    answer_from_store(services_, reply, [](store::Reader& reader) -> Result<http::Response> {
        TRY_ASSIGN(const auto pools, reader.pools());
        json::Writer out;
        out.begin_object();
        out.begin_array("items");
        for (const core::Pool& pool : pools) write(out, pool);
        out.end_array();
        out.end_object();
        return http::Response::json(200, std::move(out).take());
    });
}

void AgentAdminRoutes::create_pool(http::Request request, http::Reply reply) {
    const auto value = read_json(request);
    if (!value) return reply.send(value.error());
    std::string name;
    json::Reader in(*value, json::UnknownFields::refuse);
    in.required("name", name, name_text);
    if (auto finished = in.finish(); !finished) return reply.send(finished.error());
    create(services_, request, reply, desk::Keep::answer,
           [name, actor = actor_of(request)](desk::Turn& turn) -> Result<desk::Created> {
               TRY_ASSIGN(const auto pool, desk::create_pool(turn, actor, name));
               json::Writer out;
               write(out, pool);
               return desk::Created{201, std::move(out).take(), "/api/v1/pools/" + name};
           });
}

void AgentAdminRoutes::delete_pool(http::Request request, http::Reply reply) {
    change<bool>(
        services_, reply,
        [actor = actor_of(request), name = request.parameter("name")](desk::Turn& turn) -> Result<bool> {
            TRY(desk::delete_pool(turn, actor, name));
            return true;
        },
        [](bool) { return http::Response::empty(); });
}

void AgentAdminRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, core::Permission;
    RouteTable table(router, http::Port::user, this);
    const Access read = Access::token(Permission::read);
    const Access agents = Access::token(Permission::manage_agents);
    const Access pools = Access::token(Permission::manage_pools);
    const Takes small_body{.body_bytes_max = small_body_bytes_max};
    table.add(Method::get, "/api/v1/agents", read, {.query = {"limit", "cursor", "pool"}}, &AgentAdminRoutes::list);
    table.add(Method::get, "/api/v1/agents/{name:name}", read, {}, &AgentAdminRoutes::show);
    table.add(Method::delete_, "/api/v1/agents/{name:name}", agents, {.query = {"force"}}, &AgentAdminRoutes::remove);
    table.add(Method::post, "/api/v1/agents/{name:name}/enable", agents, {}, &AgentAdminRoutes::enable);
    table.add(Method::post, "/api/v1/agents/{name:name}/disable", agents, {}, &AgentAdminRoutes::disable);
    table.add(Method::post, "/api/v1/agents/{name:name}/resolve", agents, small_body, &AgentAdminRoutes::resolve);
    table.add(Method::get, "/api/v1/pools", read, {}, &AgentAdminRoutes::list_pools);
    table.add(Method::post, "/api/v1/pools", pools, small_body, &AgentAdminRoutes::create_pool);
    table.add(Method::delete_, "/api/v1/pools/{name:name}", pools, {}, &AgentAdminRoutes::delete_pool);
}

}  // namespace slipway::api
