#include "agent/attempt/environment.h"

namespace slipway::attempt {
namespace {

bool is_reserved(std::string_view name) {
    return name.starts_with("SLIPWAY_") || name.starts_with("INPUT_") || name.starts_with("ARTIFACTS_");
}

bool is_usable(const std::string& name, const std::string& value) {
    return !name.empty() && name.find('=') == std::string::npos && name.find('\0') == std::string::npos &&
           value.find('\0') == std::string::npos;
}

}  // namespace

std::vector<std::string> task_environment(const EnvironmentParts& parts) {
    std::map<std::string, std::string> all;
    for (const auto& [name, value] : *parts.variables) all[environment_name(name)] = value;
    // A variable must not take the place of what the programs themselves go by.
    for (const auto& [name, value] : parts.base) all[name] = value;
    for (const auto& [name, value] : parts.own)
        if (!is_reserved(name)) all[name] = value;
    all["SLIPWAY_TASK"] = std::to_string(parts.task);
    for (const auto& [name, value] : parts.inputs) {
        const tasks::Input* input = parts.manifest->find(name);
        if (input && !input->verbatim) all[tasks::environment_name_of(*input)] = value;
    }
    std::vector<std::string> environment;
    environment.reserve(all.size());
    for (const auto& [name, value] : all)
        if (is_usable(name, value)) environment.push_back(name + "=" + value);
    return environment;
}

}  // namespace slipway::attempt
