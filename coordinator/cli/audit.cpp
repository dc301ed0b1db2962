#include "coordinator/cli/commands.h"
#include "coordinator/cli/fields.h"
#include "platform/json/value.h"

namespace slipway::cli {

Result<ExitCode> run(Context& context, const AuditList& command) {
    TRY_ASSIGN(auto session, Session::open(context));
    TRY_ASSIGN(const auto list,
               read_list(session.api(), "/api/v1/audit", "", command.paging.limit, command.paging.cursor));
    const Screen& screen = context.screen;
    if (shown_as_json(list, screen)) return ExitCode::done;
    constexpr auto shrinks = Column::Width::shrinks;
    Table table({{"SEQ", Column::Align::right},
                 {"TIME"},
                 {"ACTOR", {}, shrinks},
                 {"ADDRESS", {}, shrinks},
                 {"ACTION"},
                 {"OBJECT", {}, shrinks},
                 {"RESULT", {}, shrinks}});
    for (const auto& record : list["items"])
        table.add({text_of(record, "seq"), text_of(record, "time"), text_of(record, "actor"),
                   text_of(record, "address"), text_of(record, "action"), text_of(record, "object"),
                   text_of(record, "result")});
    screen.out << table.text(screen);
    note_more(list, screen);
    return ExitCode::done;
}

}  // namespace slipway::cli
