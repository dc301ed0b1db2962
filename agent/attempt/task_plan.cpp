#include "agent/attempt/task_plan.h"

#include <algorithm>

#include "agent/attempt/environment.h"
#include "platform/base/bytes.h"
#include "platform/base/states.h"
#include "platform/os/file_steps.h"

namespace slipway::attempt {
namespace {

tl::unexpected<Error> refuse(std::string message) {
    return fail(Code::invalid, std::move(message), std::string(to_string(Reason::input_invalid)));
}

bool names_a_place(tasks::InputType type) {
    return type == tasks::InputType::path || type == tasks::InputType::artifact || type == tasks::InputType::url;
}

/// Replaces variables where an unknown one would lead to a wrong place.
Result<std::string> replace_strictly(std::string_view text, const Variables& variables, std::string_view what) {
    Replaced replaced = replace_variables(text, variables);
    if (!replaced.unknown.empty())
        return refuse(std::string(what) + " is \"" + printable(text, 100) + "\": there is no variable " +
                      printable(replaced.unknown.front(), 64));
    return std::move(replaced.text);
}

std::string replace_with_warning(std::string_view text, const Variables& variables, std::string_view what,
                                 std::vector<std::string>& warnings) {
    Replaced replaced = replace_variables(text, variables);
    for (const auto& name : replaced.unknown)
        warnings.push_back(std::string(what) + " holds $(" + printable(name, 64) +
                           "), but there is no such variable: it stays as it is");
    return std::move(replaced.text);
}

Result<std::string> working_directory_of(const PlanContext& context, const wire::OrderTask& task) {
    std::string path = context.work;
    for (const auto& given : {context.order.working_directory, task.working_directory}) {
        if (!given) continue;
        const auto replaced = replace_strictly(*given, context.variables, "working_directory");
        if (!replaced) return replaced;
        if (replaced->empty()) return refuse("working_directory is empty");
        path = replaced->starts_with('/') ? *replaced : path + "/" + *replaced;
    }
    return path;
}

Result<tasks::Inputs> inputs_of(const PlanContext& context, const wire::OrderTask& task,
                                const tasks::Manifest& manifest, std::vector<std::string>& warnings) {
    tasks::Inputs inputs;
    for (const auto& input : manifest.inputs) {
        const auto given = task.inputs.find(input.name);
        if (given == task.inputs.end()) {
            if (input.fallback) inputs[input.name] = *input.fallback;
            continue;
        }
        std::string value = given->second;
        const std::string what = "input " + input.name;
        if (names_a_place(input.type) && !input.verbatim) {
            TRY_ASSIGN(value, replace_strictly(value, context.variables, what));
        } else if (!input.verbatim) {
            value = replace_with_warning(value, context.variables, what, warnings);
        }
        TRY(tasks::check_value(manifest, input, value));
        const auto is_alias = [&](const wire::OrderArtifact& artifact) { return artifact.alias == value; };
        if (input.type == tasks::InputType::artifact && std::ranges::any_of(context.order.artifacts, is_alias))
            value = context.work + "/" + value;
        inputs[input.name] = std::move(value);
    }
    return inputs;
}

}  // namespace

Result<TaskPlan> plan_task(const PlanContext& context, int index) {
    const wire::OrderTask& task = context.order.tasks[static_cast<std::size_t>(index)];
    TaskPlan plan;
    plan.manifest = context.catalogue.find(task.task);
    // The coordinator knows the newest tasks, this agent those of its own version.
    if (!plan.manifest)
        return fail(Code::invalid, "this agent has no task " + printable(task.task, 80) + ": update the agent",
                    std::string(to_string(Reason::start_failed)));
    if (auto judged = context.catalogue.check_task(task.task, task.inputs); !judged)
        return refuse(std::move(judged).error().message);
    TRY_ASSIGN(plan.working_directory, working_directory_of(context, task));
    TRY_ASSIGN(auto inputs, inputs_of(context, task, *plan.manifest, plan.warnings));

    EnvironmentParts parts{.base = context.base_environment,
                           .variables = &context.variables,
                           .own = {},
                           .task = index,
                           .manifest = plan.manifest,
                           .inputs = inputs};
    parts.base["PWD"] = plan.working_directory;
    for (const auto& [name, value] : task.env)
        parts.own[name] = replace_with_warning(value, context.variables, "env " + name, plan.warnings);
    plan.environment = task_environment(parts);

    const auto own_path = parts.own.find("PATH");
    const auto base_path = context.base_environment.find("PATH");
    const std::string path = own_path != parts.own.end()                   ? own_path->second
                             : base_path != context.base_environment.end() ? base_path->second
                                                                           : default_path;
    auto command = context.programs.command_of(*plan.manifest, inputs, path);
    if (!command) {
        Error error = std::move(command).error();
        if (error.reason.empty()) error.reason = to_string(Reason::start_failed);
        return fail(std::move(error));
    }
    plan.command = std::move(*command);
    return plan;
}

Result<std::unique_ptr<os::Directory>> open_working_directory(os::Files& files, const std::string& path) {
    auto opened = files.open_directory(path);
    if (opened || opened.error().code != Code::not_found) return opened;
    TRY_ASSIGN(const os::PathParts parts, os::split_path(path));
    TRY_ASSIGN(auto above, open_working_directory(files, parts.directory));
    auto made = above->make_directory(parts.name, 0755);
    if (!made && made.error().code == Code::conflict) return above->open_directory(parts.name);
    // The umask of the agent is its own; what tasks publish must be readable.
    if (made) TRY((*made)->set_mode(0755));
    return made;
}

}  // namespace slipway::attempt
