#include "agent/attempt/variables.h"

#include "platform/run/names.h"

namespace slipway::attempt {

Variables variables_of(const wire::Order& order, const std::string& work) {
    Variables variables = order.variables;
    for (const auto& artifact : order.artifacts) {
        const std::string prefix = "artifacts." + artifact.alias + ".";
        variables[prefix + "name"] = artifact.name;
        variables[prefix + "version"] = artifact.version;
        variables[prefix + "sha256"] = artifact.sha256;
        variables[prefix + "path"] = work + "/" + artifact.alias;
    }
    variables["slipway.attempt"] = order.attempt;
    variables["slipway.job"] = order.job;
    variables["slipway.job_name"] = order.name;
    variables["slipway.fence"] = std::to_string(order.fence);
    variables["slipway.work"] = work;
    return variables;
}

std::string environment_name(std::string_view variable) {
    std::string name(variable);
    for (char& c : name) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool keeps = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (lower)
            c = static_cast<char>(c - 'a' + 'A');
        else if (!keeps)
            c = '_';
    }
    return name;
}

Replaced replace_variables(std::string_view text, const Variables& variables) {
    Replaced replaced;
    while (!text.empty()) {
        const std::size_t begin = text.find("$(");
        const std::size_t end = begin == std::string_view::npos ? begin : text.find(')', begin);
        if (end == std::string_view::npos) break;
        const std::string name(text.substr(begin + 2, end - begin - 2));
        replaced.text.append(text.substr(0, begin));
        if (const auto found = variables.find(name); found != variables.end()) {
            replaced.text.append(found->second);
            text.remove_prefix(end + 1);
        } else {
            // Only the two characters are passed over: "$(a $(b))" still finds b.
            replaced.unknown.push_back(name);
            replaced.text.append("$(");
            text.remove_prefix(begin + 2);
        }
    }
    replaced.text.append(text);
    return replaced;
}

}  // namespace slipway::attempt
