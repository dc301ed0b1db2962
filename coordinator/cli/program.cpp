#include "coordinator/cli/program.h"

#include <variant>

#include "coordinator/cli/arguments.h"
#include "coordinator/cli/terminal_text.h"

namespace slipway::cli {
namespace {

/// Its lines, each harmless on a terminal.
void write_lines(std::ostream& out, std::string_view text) {
    for (;;) {
        const auto end = text.find('\n');
        out << one_line(text.substr(0, end)) << "\n";
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

ExitCode tell(const Error& error, std::ostream& err, bool verbose) {
    if (error.reason == "output_closed") return ExitCode::done;  // `| head` has seen enough
    write_lines(err, "slipway: " + error.message);
    if (const std::string step = next_step(error); !step.empty()) write_lines(err, step);
    if (verbose)
        write_lines(err,
                    "(" + std::string(to_string(error.code)) + (error.reason.empty() ? "" : ", " + error.reason) + ")");
    return exit_code_of(error.code);
}

bool wants_colours(const Program& program) {
    const auto set = [&](const char* name, std::string_view value) {
        const auto found = program.environment.find(name);
        return found != program.environment.end() && (value.empty() ? !found->second.empty() : found->second == value);
    };
    return program.out_terminal.is_terminal && !set("NO_COLOR", "") && !set("TERM", "dumb");
}

}  // namespace

ExitCode run_program(Program program) {
    auto parsed = parse_arguments(program.arguments);
    if (!parsed) return tell(parsed.error(), program.err, false);
    if (const auto* help = std::get_if<HelpText>(&*parsed)) {
        program.out << help->text;
        return ExitCode::done;
    }
    auto& arguments = std::get<Arguments>(*parsed);
    auto settings = settings_from(program.environment, std::move(arguments.settings));
    if (!settings) return tell(settings.error(), program.err, arguments.verbose);
    const Screen screen{.out = program.out,
                        .err = program.err,
                        .out_terminal = program.out_terminal,
                        .err_terminal = program.err_terminal,
                        .colours = wants_colours(program),
                        .json = arguments.json,
                        .verbose = arguments.verbose,
                        .now = program.clock.wall()};
    Context context{program.clock, program.random,       program.files,   screen,
                    program.in,    *std::move(settings), program.version, command_words()};
    const auto code = std::visit([&](const auto& command) { return run(context, command); }, arguments.command);
    program.out.flush();
    return code ? *code : tell(code.error(), program.err, arguments.verbose);
}

}  // namespace slipway::cli
