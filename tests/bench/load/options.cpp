#include "tests/bench/load/options.h"

#include <algorithm>
#include <charconv>

namespace slipway::bench {

Result<Options> Options::parse(const std::vector<std::string>& words) {
    Options options;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (!words[i].starts_with("--") || i + 1 == words.size())
            return fail(Code::invalid, words[i] + ": options are given as --name value");
        options.values_[words[i].substr(2)] = words[i + 1];
    }
    return options;
}

Result<std::string> Options::text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return fail(Code::invalid, "--" + name + " is missing");
    return found->second;
}

std::string Options::text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
}

Result<std::int64_t> Options::number(const std::string& name, std::int64_t otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    std::int64_t value = 0;
    const char* end = found->second.data() + found->second.size();
    const auto [rest, error] = std::from_chars(found->second.data(), end, value);
    if (error != std::errc() || rest != end || value < 0)
        return fail(Code::invalid, "--" + name + " " + found->second + ": expected a whole number");
    return value;
}

Result<std::uint16_t> Options::port(const std::string& name) const {
    TRY(text(name));
    TRY_ASSIGN(const std::int64_t value, number(name, 0));
    if (value < 1 || value > 65535) return fail(Code::invalid, "--" + name + ": expected a port, 1 to 65535");
    return static_cast<std::uint16_t>(value);
}

Result<> Options::only(const std::vector<std::string>& names) const {
    for (const auto& [name, value] : values_)
        if (std::ranges::find(names, name) == names.end())
            return fail(Code::invalid, "--" + name + " is not an option of this subcommand");
    return {};
}

}  // namespace slipway::bench
