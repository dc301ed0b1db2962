#include "agent/cli/arguments.h"

#include <algorithm>

#include "platform/base/bytes.h"

namespace slipway::cli {

Result<Arguments> Arguments::parse(const std::vector<std::string>& arguments, const Known& known) {
    Arguments parsed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        const std::size_t equals = argument.find('=');
        const std::string name = argument.substr(0, equals);
        if (equals == std::string::npos && std::ranges::find(known.flags, name) != known.flags.end()) {
            parsed.flags_.insert(name);
            continue;
        }
        if (std::ranges::find(known.options, name) == known.options.end())
            return fail(Code::invalid, "'" + printable(name) + "' is not an option of this command");
        if (equals == std::string::npos && i + 1 == arguments.size())
            return fail(Code::invalid, name + " needs a value");
        std::string value = equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
        if (!parsed.values_.emplace(name, std::move(value)).second) return fail(Code::invalid, name + " stands twice");
    }
    return parsed;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
    const auto found = values_.find(option);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace slipway::cli
