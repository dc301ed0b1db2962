#include "coordinator/cli/commands.h"
#include "coordinator/cli/fields.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/net/url.h"

namespace slipway::cli {
namespace {

constexpr auto right = Column::Align::right;
constexpr auto shrinks = Column::Width::shrinks;

std::string path_of(const std::string& name, const std::string& tail = {}) {
    return "/api/v1/agents/" + net::percent_encode(name) + tail;
}

void show_agent(const json::Value& agent, const Screen& screen) {
    Facts facts;
    facts.add("agent", text_of(agent, "name"));
    facts.add("id", text_of(agent, "id"));
    facts.add("pool", text_of(agent, "pool"));
    facts.add("status", state_cell(agent, "status"));
    facts.add("contact", state_cell(agent, "contact"));
    facts.add("last heard", time_of(agent, "last_contact", screen));
    facts.add("slots", text_of(agent, "running") + " of " + text_of(agent, "slots") + " in use");
    facts.add("version", text_of(agent, "version"));
    facts.add("address", text_of(agent, "address"));
    facts.add("instance", text_of(agent, "instance"));
    facts.add("enrolled", time_of(agent, "created", screen));
    for (const auto& instance : inside(inside(agent, "conflict"), "instances"))
        facts.add("conflict", Cell("instance " + text_of(instance, "instance") + " at " + text_of(instance, "address"),
                                   Colour::bad));
    screen.out << facts.text(screen);
    Table capabilities({{"CAPABILITY"}, {"VALUE", {}, shrinks}});
    for (const auto& [name, value] : inside(agent, "capabilities").items())
        capabilities.add({name, value.is_string() ? value.get<std::string>() : ""});
    if (!capabilities.empty()) screen.out << "\n" << capabilities.text(screen);
    Table attempts({{"JOB"}, {"NAME", {}, shrinks}, {"STATE"}, {"FENCE", right}});
    for (const auto& attempt : inside(agent, "attempts"))
        attempts.add(
            {text_of(attempt, "job"), text_of(attempt, "job_name"), state_cell(attempt), text_of(attempt, "fence")});
    if (!attempts.empty()) screen.out << "\n" << attempts.text(screen);
}

Result<ExitCode> tell_agent(const json::Value& agent, const Screen& screen) {
    if (shown_as_json(agent, screen)) return ExitCode::done;
    screen.note("Agent " + text_of(agent, "name") + " is " + text_of(agent, "status") + " and " +
                text_of(agent, "contact") + ".");
    return ExitCode::done;
}

}  // namespace

Result<ExitCode> run(Context& context, const AgentList& command) {
    net::Query query;
    if (!command.pool.empty()) query.add("pool", command.pool);
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto list,
               read_list(session.api(), "/api/v1/agents", query.text(), command.paging.limit, command.paging.cursor));
    const Screen& screen = context.screen;
    if (shown_as_json(list, screen)) return ExitCode::done;
    Table table({{"NAME", {}, shrinks},
                 {"POOL", {}, shrinks},
                 {"STATUS"},
                 {"CONTACT"},
                 {"RUNS", right},
                 {"VERSION", {}, shrinks},
                 {"ADDRESS", {}, shrinks},
                 {"LAST HEARD"}});
    for (const auto& agent : list["items"])
        table.add({text_of(agent, "name"), text_of(agent, "pool"), state_cell(agent, "status"),
                   state_cell(agent, "contact"), text_of(agent, "running") + "/" + text_of(agent, "slots"),
                   text_of(agent, "version"), text_of(agent, "address"), time_of(agent, "last_contact", screen)});
    screen.out << table.text(screen);
    note_more(list, screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const AgentShow& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto agent, session->get(path_of(command.name)));
    if (!shown_as_json(agent, context.screen)) show_agent(agent, context.screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const AgentSwitch& command) {
    const char* tail = command.to == AgentSwitch::To::enabled ? "/enable" : "/disable";
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(
        const auto agent,
        session->read({.method = net::Method::post, .path = path_of(command.name, tail), .repeat = Repeat::safe}));
    return tell_agent(agent, context.screen);
}

Result<ExitCode> run(Context& context, const AgentDelete& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY(session->call(
        {.method = net::Method::remove, .path = path_of(command.name, command.force ? "?force=true" : "")}));
    context.screen.note("Deleted agent " + command.name + ".");
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const AgentResolve& command) {
    if (command.keep.empty() != command.re_enroll)
        return fail(Code::invalid, "agent resolve needs either --keep INSTANCE (see slipway agent show " +
                                       command.name + ") or --re-enroll");
    json::Writer body;
    body.begin_object();
    if (!command.keep.empty()) body.field("keep", command.keep);
    if (command.re_enroll) body.field("re_enroll", true);
    body.end_object();
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto agent, session->read({.method = net::Method::post,
                                                .path = path_of(command.name, "/resolve"),
                                                .body = std::move(body).take()}));
    return tell_agent(agent, context.screen);
}

}  // namespace slipway::cli
