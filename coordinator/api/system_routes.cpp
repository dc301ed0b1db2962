#include "coordinator/api/system_routes.h"

#include "coordinator/api/handling.h"
#include "coordinator/api/resources.h"
#include "coordinator/api/route_table.h"

namespace slipway::api {

// Ready means that a turn can be committed: an empty one asks the store for its lock and the writer for its time.
void SystemRoutes::show_readiness(http::Request, http::Reply reply) {
    change<bool>(
        services_, reply, [](desk::Turn&) -> Result<bool> { return true; },
        [](bool) { return http::Response::text(200, "text/plain", "ready\n"); });
}

void SystemRoutes::show_metrics(http::Request request, http::Reply reply) {
    const auto format = http::Metrics::format_for(request.headers.get("accept").value_or(""));
    auto render = [this, format, reply](desk::Desk& desk) {
        services_.metrics.gauge("slipway_jobs_queued", "Jobs that wait for an agent.")
            .set(static_cast<std::int64_t>(desk.queue().size()));
        services_.metrics.gauge("slipway_agents_online", "Agents in contact.").set(desk.online());
        const bool open = format == http::MetricsFormat::open_metrics;
        reply.send(http::Response::text(200,
                                        open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                             : "text/plain; version=0.0.4; charset=utf-8",
                                        services_.metrics.render(format)));
    };
    services_.writer.inspect(std::move(render));
}

void SystemRoutes::list_audit(http::Request request, http::Reply reply) {
    const auto page = cursors_.page(request, "audit");
    if (!page) return reply.send(page.error());
    answer_from_store(services_, reply, [this, page = *page](store::Reader& reader) -> Result<http::Response> {
        TRY_ASSIGN(auto records, reader.audit(page));
        const std::string next = cursors_.cut(records, page, "audit");
        return http::Response::json(
            200, list_json(records, next, [](json::Writer& out, const auto& record) { write(out, record); }));
    });
}

void SystemRoutes::show_health(http::Request, http::Reply reply) {
    reply.send(http::Response::text(200, "text/plain", "ok\n"));
}

void SystemRoutes::show_openapi(http::Request, http::Reply reply) {
    reply.send(http::Response::text(200, "application/yaml", std::string(openapi_text())));
}

void SystemRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, core::Permission;
    RouteTable table(router, http::Port::user, this);
    table.add(Method::get, "/healthz", Access::open(), {}, &SystemRoutes::show_health);
    table.add(Method::get, "/readyz", Access::open(), {}, &SystemRoutes::show_readiness);
    table.add(Method::get, "/api/v1/openapi.yaml", Access::open(), {}, &SystemRoutes::show_openapi);
    table.add(Method::get, "/metrics", Access::token(Permission::read), {}, &SystemRoutes::show_metrics);
    table.add(Method::get, "/api/v1/audit", Access::token(Permission::read_audit), {.query = {"limit", "cursor"}},
              &SystemRoutes::list_audit);
}

}  // namespace slipway::api
