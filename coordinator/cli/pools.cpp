#include "coordinator/cli/commands.h"
#include "coordinator/cli/fields.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/net/url.h"

namespace slipway::cli {

Result<ExitCode> run(Context& context, const PoolCreate& command) {
    json::Writer body;
    body.begin_object();
    body.field("name", command.name);
    body.end_object();
    TRY_ASSIGN(auto session, Session::open(context));
    const Call call{.method = net::Method::post, .path = "/api/v1/pools", .body = std::move(body).take()};
    TRY_ASSIGN(const auto pool, session->read(once(call, session.api())));
    if (!shown_as_json(pool, context.screen)) context.screen.note("Made pool " + text_of(pool, "name") + ".");
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const PoolList&) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto list, session->get("/api/v1/pools"));
    if (shown_as_json(list, context.screen)) return ExitCode::done;
    Table table({{"NAME", {}, Column::Width::shrinks}, {"CREATED"}});
    for (const auto& pool : inside(list, "items"))
        table.add({text_of(pool, "name"), time_of(pool, "created", context.screen)});
    context.screen.out << table.text(context.screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const PoolDelete& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY(session->call({.method = net::Method::remove, .path = "/api/v1/pools/" + net::percent_encode(command.name)}));
    context.screen.note("Deleted pool " + command.name + ".");
    return ExitCode::done;
}

}  // namespace slipway::cli
