#include "tasks/shell/command.h"

#include "platform/os/host.h"

namespace slipway::tasks::shell {

Result<Command> command_of(const Inputs& inputs, const std::string& path) {
    const std::string& interpreter = inputs.at("interpreter");
    const os::FoundPrograms found = os::find_programs(path, {interpreter});
    const auto program = found.paths.find(interpreter);
    if (program == found.paths.end())
        return fail(Code::not_found, "there is no " + interpreter + " on this host (looked in " + path + ")" +
                                         (interpreter == "bash" ? ": install it, or say interpreter: sh" : ""));
    Command command{.program = program->second, .arguments = {interpreter}, .script = {}};
    if (interpreter == "bash") {
        // Neither the files of a login nor BASH_ENV: the script is all that runs.
        command.arguments.insert(command.arguments.end(), {"--noprofile", "--norc", "-eo", "pipefail"});
    } else {
        command.arguments.emplace_back("-e");
    }
    if (const auto file = inputs.find("file"); file != inputs.end())
        // With a slash it is never looked for on the PATH, nor taken for an option.
        command.arguments.push_back(file->second.starts_with('/') ? file->second : "./" + file->second);
    else
        command.script = inputs.at("script");
    return command;
}

}  // namespace slipway::tasks::shell
