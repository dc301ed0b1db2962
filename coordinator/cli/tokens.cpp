#include "coordinator/cli/commands.h"
#include "coordinator/cli/fields.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/net/url.h"

namespace slipway::cli {
namespace {

constexpr auto shrinks = Column::Width::shrinks;

Result<> add_lifetime(json::Writer& body, const std::string& lifetime) {
    if (lifetime.empty()) return {};
    TRY_ASSIGN(const Duration duration, parse_duration(lifetime));
    body.field("lifetime_s", duration / 1s);
    return {};
}

/// The secret alone on standard output, so that a script can take it; about it on standard error.
Result<ExitCode> show_secret(const json::Value& created, const Screen& screen, const std::string& about) {
    if (shown_as_json(created, screen)) return ExitCode::done;
    screen.note(about);
    screen.out << text_of(created, "token") << "\n";
    return ExitCode::done;
}

std::string token_state(const json::Value& token, const Screen& screen) {
    if (!text_of(token, "revoked").empty()) return "revoked";
    const auto expires = from_rfc3339(text_of(token, "expires"));
    return expires && *expires <= screen.now ? "expired" : "open";
}

}  // namespace

Result<ExitCode> run(Context& context, const TokenCreate& command) {
    json::Writer body;
    body.begin_object();
    body.field("name", command.name);
    body.field("role", command.role);
    TRY(add_lifetime(body, command.lifetime));
    body.end_object();
    TRY_ASSIGN(auto session, Session::open(context));
    const Call call{.method = net::Method::post, .path = "/api/v1/tokens", .body = std::move(body).take()};
    TRY_ASSIGN(const auto created, session->read(once(call, session.api())));
    return show_secret(created, context.screen,
                       "Token " + command.name + " (" + text_of(created, "role") + "), shown this once; it expires " +
                           time_of(created, "expires", context.screen) + ":");
}

Result<ExitCode> run(Context& context, const TokenList& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto list,
               read_list(session.api(), "/api/v1/tokens", "", command.paging.limit, command.paging.cursor));
    const Screen& screen = context.screen;
    if (shown_as_json(list, screen)) return ExitCode::done;
    Table table({{"NAME", {}, shrinks}, {"ROLE"}, {"STATE"}, {"CREATED"}, {"BY", {}, shrinks}, {"EXPIRES"}, {"USED"}});
    for (const auto& token : list["items"]) {
        const std::string state = token_state(token, screen);
        table.add({text_of(token, "name"), text_of(token, "role"), Cell(state, colour_of_state(state)),
                   time_of(token, "created", screen), text_of(token, "created_by"), time_of(token, "expires", screen),
                   time_of(token, "last_used", screen)});
    }
    screen.out << table.text(screen);
    note_more(list, screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const TokenRevoke& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY(session->call({.method = net::Method::remove, .path = "/api/v1/tokens/" + net::percent_encode(command.name)}));
    context.screen.note("Revoked token " + command.name + ".");
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const JoinTokenCreate& command) {
    json::Writer body;
    body.begin_object();
    if (!command.pool.empty()) body.field("pool", command.pool);
    if (!command.agent_name.empty()) body.field("agent_name", command.agent_name);
    TRY(add_lifetime(body, command.lifetime));
    body.end_object();
    TRY_ASSIGN(auto session, Session::open(context));
    const Call call{.method = net::Method::post, .path = "/api/v1/join-tokens", .body = std::move(body).take()};
    TRY_ASSIGN(const auto created, session->read(once(call, session.api())));
    return show_secret(created, context.screen,
                       "One agent may join pool " + text_of(created, "pool") + " at " + text_of(created, "url") +
                           " with this token, shown this once; it expires " +
                           time_of(created, "expires", context.screen) + ":");
}

Result<ExitCode> run(Context& context, const JoinTokenList& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto list,
               read_list(session.api(), "/api/v1/join-tokens", "", command.paging.limit, command.paging.cursor));
    const Screen& screen = context.screen;
    if (shown_as_json(list, screen)) return ExitCode::done;
    Table table({{"ID"},
                 {"POOL", {}, shrinks},
                 {"STATE"},
                 {"AGENT", {}, shrinks},
                 {"CREATED"},
                 {"BY", {}, shrinks},
                 {"EXPIRES"}});
    for (const auto& token : list["items"]) {
        const std::string used_by = text_of(token, "agent");
        table.add({text_of(token, "id"), text_of(token, "pool"), state_cell(token),
                   used_by.empty() ? text_of(token, "agent_name") : used_by, time_of(token, "created", screen),
                   text_of(token, "created_by"), time_of(token, "expires", screen)});
    }
    screen.out << table.text(screen);
    note_more(list, screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const JoinTokenRevoke& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY(session->call(
        {.method = net::Method::remove, .path = "/api/v1/join-tokens/" + net::percent_encode(command.id)}));
    context.screen.note("Revoked join token " + command.id + ".");
    return ExitCode::done;
}

}  // namespace slipway::cli
