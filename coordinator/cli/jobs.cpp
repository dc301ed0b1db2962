#include <iterator>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/fields.h"
#include "coordinator/cli/follow.h"
#include "coordinator/cli/job_schema.h"
#include "coordinator/cli/paths.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/net/url.h"

namespace slipway::cli {
namespace {

constexpr auto right = Column::Align::right;
constexpr auto shrinks = Column::Width::shrinks;

std::string path_of(const std::string& id, const std::string& tail = {}) {
    return "/api/v1/jobs/" + net::percent_encode(id) + tail;
}

Result<std::string> read_job_text(Context& context, const std::string& path) {
    if (path != "-") return read_file(context.files, path, limits::yaml_bytes_max);
    std::string text(std::istreambuf_iterator<char>(context.in), {});
    return text;
}

/// Why a queued job waits, for a person.
std::string waiting_text(const std::string& waiting) {
    if (waiting == "pool_empty") return "pool_empty: no agent is in its pool";
    if (waiting == "maintenance") return "maintenance: every agent of its pool is disabled";
    if (waiting == "demand_unmet") return "demand_unmet: no agent of its pool has what it demands";
    if (waiting == "none_online") return "none_online: no agent that could run it is online";
    if (waiting == "all_busy") return "all_busy: every agent that could run it is busy";
    return waiting;
}

std::string list_text(const json::Value& list) {
    std::string out;
    for (const auto& item : list)
        if (item.is_string()) out += (out.empty() ? "" : ", ") + item.get<std::string>();
    return out;
}

void show_attempt(const json::Value& attempt, const Screen& screen) {
    Facts facts;
    facts.add("attempt", text_of(attempt, "id"));
    facts.add("fence", text_of(attempt, "fence"));
    facts.add("agent", text_of(attempt, "agent"));
    facts.add("state", state_cell(attempt));
    facts.add("reason", text_of(attempt, "reason"));
    facts.add("flags", list_text(inside(attempt, "flags")));
    facts.add("summary", text_of(attempt, "summary"));
    facts.add("started", time_of(attempt, "started", screen));
    facts.add("took", span_of(attempt, "started", "ended", screen));
    facts.add("log",
              format_bytes(number_of(attempt, "log_bytes")) + (flag_of(attempt, "log_sealed") ? "" : ", may grow"));
    screen.out << "\n" << facts.text(screen);
    Table table({{"#", right}, {"TASK", {}, shrinks}, {"STATE"}, {"REASON"}, {"EXIT", right}, {"TOOK", right}});
    for (const auto& task : inside(attempt, "tasks"))
        table.add({std::to_string(number_of(task, "index") + 1), text_of(task, "name"), state_cell(task),
                   text_of(task, "reason"), text_of(task, "exit_code"), span_of(task, "started", "ended", screen)});
    if (!table.empty()) screen.out << table.text(screen);
}

void show_job(const json::Value& job, const Screen& screen) {
    Facts facts;
    facts.add("job", text_of(job, "id"));
    facts.add("name", text_of(job, "name"));
    facts.add("pool", text_of(job, "pool"));
    facts.add("state", state_cell(job));
    facts.add("waits", waiting_text(text_of(job, "waiting")));
    facts.add("held", flag_of(job, "held_by_restore") ? "since a restore; see slipway job release" : "");
    facts.add("cancel", flag_of(job, "cancel_requested") ? "requested" : "");
    facts.add("reason", text_of(job, "reason"));
    facts.add("summary", text_of(job, "summary"));
    const json::Value& resolved = inside(job, "resolved");
    if (!resolved.empty()) facts.add("resolved", "by " + text_of(resolved, "by") + ": " + text_of(resolved, "reason"));
    facts.add("issues", flag_of(job, "with_issues") ? Cell("yes, see the log", Colour::bad) : Cell(""));
    facts.add("demands", list_text(inside(job, "demands")));
    facts.add("priority", text_of(job, "priority"));
    facts.add("idempotent", flag_of(job, "idempotent") ? "yes" : "");
    facts.add("created", time_of(job, "created", screen) + " by " + text_of(job, "created_by"));
    facts.add("started", time_of(job, "started", screen));
    facts.add("took", span_of(job, "started", "ended", screen));
    for (const auto& artifact : inside(job, "artifacts"))
        facts.add("artifact", text_of(artifact, "alias") + " = " + text_of(artifact, "name") + " " +
                                  text_of(artifact, "version") + " (" + format_bytes(number_of(artifact, "bytes")) +
                                  ")");
    screen.out << facts.text(screen);
    for (const auto& attempt : inside(job, "attempts")) show_attempt(attempt, screen);
}

Result<ExitCode> tell_job(const json::Value& job, const Screen& screen) {
    if (shown_as_json(job, screen)) return ExitCode::done;
    const bool asked = flag_of(job, "cancel_requested") && text_of(job, "ended").empty();
    screen.note("Job " + text_of(job, "id") + " (" + text_of(job, "name") + ") is " + text_of(job, "state") +
                (asked ? ", asked to stop." : "."));
    return ExitCode::done;
}

}  // namespace

// With --follow and --wait standard output belongs to the log; else the id goes there, alone, for scripts.
Result<ExitCode> run(Context& context, const JobRun& command) {
    TRY_ASSIGN(const auto text, read_job_text(context, command.path));
    TRY_ASSIGN(const auto file,
               JobFile::read(text, command.path == "-" ? "standard input" : command.path, command.variables));
    TRY_ASSIGN(auto session, Session::open(context));
    auto job =
        session->read(once({.method = net::Method::post, .path = "/api/v1/jobs", .body = file.body()}, session.api()));
    if (!job) return fail(file.with_place(std::move(job).error()));
    const std::string id = text_of(*job, "id");
    const Screen& screen = context.screen;
    if (command.then == JobRun::Then::leave) {
        if (shown_as_json(*job, screen)) return ExitCode::done;
        screen.note("Queued \"" + text_of(*job, "name") + "\" for pool " + text_of(*job, "pool") +
                    ". Follow it with: slipway job logs --follow " + id);
        screen.out << id << "\n";
        return ExitCode::done;
    }
    screen.note("Queued \"" + text_of(*job, "name") + "\" for pool " + text_of(*job, "pool") + ": job " + id);
    const bool follow = command.then == JobRun::Then::follow;
    TRY_ASSIGN(const auto code,
               follow_job(session.api(), screen,
                          {.job = id, .log = follow ? FollowOptions::Log::shown : FollowOptions::Log::left_out}));
    if (follow || !screen.json || code == ExitCode::interrupted) return code;
    TRY_ASSIGN(const auto ended, session->get(path_of(id)));
    shown_as_json(ended, screen);
    return code;
}

Result<ExitCode> run(Context& context, const JobList& command) {
    net::Query query;
    if (!command.state.empty()) query.add("state", command.state);
    if (!command.pool.empty()) query.add("pool", command.pool);
    if (!command.agent.empty()) query.add("agent", command.agent);
    if (!command.name.empty()) query.add("name", command.name);
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto list,
               read_list(session.api(), "/api/v1/jobs", query.text(), command.paging.limit, command.paging.cursor));
    const Screen& screen = context.screen;
    if (shown_as_json(list, screen)) return ExitCode::done;
    Table table({{"ID"},
                 {"NAME", {}, shrinks},
                 {"POOL", {}, shrinks},
                 {"STATE"},
                 {"WHY", {}, shrinks},
                 {"AGENT", {}, shrinks},
                 {"CREATED"},
                 {"TOOK", right}});
    for (const auto& job : list["items"]) {
        const std::string waiting = flag_of(job, "held_by_restore") ? "held" : text_of(job, "waiting");
        table.add({text_of(job, "id"), text_of(job, "name"), text_of(job, "pool"), state_cell(job),
                   waiting.empty() ? text_of(job, "reason") : waiting, text_of(job, "agent"),
                   time_of(job, "created", screen), span_of(job, "started", "ended", screen)});
    }
    screen.out << table.text(screen);
    note_more(list, screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const JobShow& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto job, session->get(path_of(command.id)));
    if (!shown_as_json(job, context.screen)) show_job(job, context.screen);
    return ExitCode::done;
}

Result<ExitCode> run(Context& context, const JobLogs& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    const FollowOptions options{.job = command.id, .attempt = command.attempt, .offset = command.offset};
    return command.follow ? follow_job(session.api(), context.screen, options)
                          : show_log(session.api(), context.screen, options);
}

Result<ExitCode> run(Context& context, const JobMove& command) {
    const char* tail = command.to == JobMove::To::cancel  ? "/cancel"
                       : command.to == JobMove::To::retry ? "/retry"
                                                          : "/release";
    // Asked twice, cancel changes nothing; the others would be refused for having been done.
    const Repeat repeat = command.to == JobMove::To::cancel ? Repeat::safe : Repeat::never;
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto job,
               session->read({.method = net::Method::post, .path = path_of(command.id, tail), .repeat = repeat}));
    return tell_job(job, context.screen);
}

Result<ExitCode> run(Context& context, const JobResolve& command) {
    json::Writer body;
    body.begin_object();
    body.field("as", command.as);
    body.field("reason", command.reason);
    body.end_object();
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto job, session->read({.method = net::Method::post,
                                              .path = path_of(command.id, "/resolve"),
                                              .body = std::move(body).take()}));
    return tell_job(job, context.screen);
}

Result<ExitCode> run(Context& context, const JobSchema&) {
    context.screen.out << job_schema_text();
    return ExitCode::done;
}

}  // namespace slipway::cli
