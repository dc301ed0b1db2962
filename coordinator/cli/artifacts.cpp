#include "coordinator/cli/commands.h"
#include "coordinator/cli/fields.h"
#include "coordinator/cli/pull.h"
#include "coordinator/cli/push.h"
#include "platform/json/value.h"
#include "platform/net/url.h"

namespace slipway::cli {
namespace {

constexpr auto right = Column::Align::right;
constexpr auto shrinks = Column::Width::shrinks;

std::string path_of(const std::string& name, const std::string& version) {
    return "/api/v1/artifacts/" + net::percent_encode(name) + "/" + net::percent_encode(version);
}

}  // namespace

Result<ExitCode> run(Context& context, const ArtifactPush& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto pushed, push_artifact(session.api(), context.files, context.screen, command));
    if (shown_as_json(pushed.artifact, context.screen)) return ExitCode::done;
    const std::string what = command.name + " " + command.version;
    const std::string size = format_bytes(number_of(pushed.artifact, "bytes"));
    context.screen.note(pushed.how == Pushed::How::known
                            ? what + ": the coordinator has these bytes already (" + size + ")."
                            : "Pushed " + what + " (" + size + ").");
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const ArtifactPull& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto artifact, session->get(path_of(command.name, command.version)));
    TRY_ASSIGN(const auto path, pull_artifact(session.api(), context.files, context.screen, command, artifact));
    if (!shown_as_json(artifact, context.screen))
        context.screen.note("Pulled " + command.name + " " + command.version + " to " + path + " (" +
                            format_bytes(number_of(artifact, "bytes")) + ", SHA-256 checked).");
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const ArtifactList& command) {
    net::Query query;
    if (!command.name.empty()) query.add("name", command.name);
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto list, read_list(session.api(), "/api/v1/artifacts", query.text(), command.paging.limit,
                                          command.paging.cursor));
    const Screen& screen = context.screen;
    if (shown_as_json(list, screen)) return ExitCode::done;
    Table table({{"NAME", {}, shrinks},
                 {"VERSION", {}, shrinks},
                 {"SIZE", right},
                 {"SHA-256", {}, shrinks},
                 {"CREATED"},
                 {"BY", {}, shrinks}});
    for (const auto& artifact : list["items"])
        table.add({text_of(artifact, "name"), text_of(artifact, "version"), format_bytes(number_of(artifact, "bytes")),
                   text_of(artifact, "sha256").substr(0, 16), time_of(artifact, "created", screen),
                   text_of(artifact, "created_by")});
    screen.out << table.text(screen);
    note_more(list, screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const ArtifactShow& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto artifact, session->get(path_of(command.name, command.version)));
    if (shown_as_json(artifact, context.screen)) return ExitCode::done;
    Facts facts;
    facts.add("name", text_of(artifact, "name"));
    facts.add("version", text_of(artifact, "version"));
    facts.add("size", format_bytes(number_of(artifact, "bytes")) + " (" + text_of(artifact, "bytes") + " bytes)");
    facts.add("sha256", text_of(artifact, "sha256"));
    facts.add("id", text_of(artifact, "id"));
    facts.add("created", time_of(artifact, "created", context.screen) + " by " + text_of(artifact, "created_by"));
    context.screen.out << facts.text(context.screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const ArtifactDelete& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY(session->call({.method = net::Method::remove, .path = path_of(command.name, command.version)}));
    context.screen.note("Deleted " + command.name + " " + command.version + ".");
    return ExitCode::done;
}

}  // namespace slipway::cli
