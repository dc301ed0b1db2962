#include "coordinator/api/system_routes.h"

#include "coordinator/api/handling.h"
#include "coordinator/api/resources.h"

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
    if (auto known = request.query.only({"limit", "cursor"}); !known) return reply.send(known.error());
    answer_from_store(services_, reply, [this, page = *page](store::Reader& reader) -> Result<http::Response> {
        TRY_ASSIGN(auto records, reader.audit(page));
        const std::string next = cursors_.cut(records, page, "audit");
        return http::Response::json(
            200, list_json(records, next, [](json::Writer& out, const auto& record) { write(out, record); }));
    });
}

void SystemRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, http::Port, http::Scope, core::Permission;
    const auto add = [&](std::string_view pattern, Access access, http::Handler handler) {
        router.add({.method = Method::get,
                    .pattern = pattern,
                    .port = Port::user,
                    .access = access,
                    .scope = access.is_open() ? Scope::none : Scope::all,
                    .body_bytes_max = 0u,
                    .handler = std::move(handler)});
    };
    add("/healthz", Access::open(), http::Plain{[](const http::Request&, const http::Reply& reply) {
            reply.send(http::Response::text(200, "text/plain", "ok\n"));
        }});
    add("/readyz", Access::open(), plain(this, &SystemRoutes::show_readiness));
    add("/api/v1/openapi.yaml", Access::open(), http::Plain{[](const http::Request&, const http::Reply& reply) {
            reply.send(http::Response::text(200, "application/yaml", std::string(openapi_text())));
        }});
    add("/metrics", Access::token(Permission::read), plain(this, &SystemRoutes::show_metrics));
    add("/api/v1/audit", Access::token(Permission::read_audit), plain(this, &SystemRoutes::list_audit));
}

}  // namespace slipway::api
