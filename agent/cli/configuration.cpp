#include "agent/cli/configuration.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "platform/base/bytes.h"
#include "platform/base/ids.h"
#include "platform/json/reader.h"
#include "platform/os/file_steps.h"
#include "platform/yaml/read.h"

namespace slipway::cli {
namespace {

constexpr std::string_view default_file = "/etc/slipway/agent.yaml";
constexpr std::int64_t cache_bytes_min = 1024 * 1024;
constexpr std::size_t tags_max = 1'000;

// What the agent finds out by itself may not be claimed.
constexpr std::array<std::string_view, 6> own_capabilities{"os",     "arch",     "distribution",
                                                           "kernel", "hostname", "slipway-agent"};

bool is_tag_value(std::string_view text) {
    return is_utf8(text) &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_absolute(std::string_view text) { return text.starts_with('/'); }

template <typename Value>
void word(json::Reader& in, std::string_view name, Value& to, Result<Value> (*from)(std::string_view)) {
    std::optional<std::string> text;
    in.optional(name, text);
    if (!text) return;
    if (const auto value = from(*text))
        to = *value;
    else
        in.refuse(name, value.error().message);
}

Result<> read_file(const json::Value& value, const yaml::Places& places, Configuration& to) {
    json::Reader in(value, json::UnknownFields::refuse, &places);
    in.optional("state", to.state,
                json::Text{.bytes_max = limits::path_bytes_max, .valid = is_absolute, .expected = "an absolute path"});
    in.optional("slots", to.slots, json::Range{1, limits::slots_max});
    in.text_map("tags", tags_max, to.tags,
                json::Text{.bytes_max = 64, .valid = is_version, .expected = "a word such as region"},
                json::Text{.bytes_max = limits::capability_bytes_max, .valid = is_tag_value, .expected = "one line"});
    for (const std::string_view name : own_capabilities)
        if (to.tags.contains(std::string(name)))
            in.refuse("tags", "'" + std::string(name) + "' is what the agent finds out by itself; choose another name");
    in.optional("cache_bytes", to.cache_bytes, json::Range{cache_bytes_min});
    in.optional("https_proxy", to.proxy.https_proxy);
    in.optional("no_proxy", to.proxy.no_proxy);
    word(in, "log_level", to.log_level, log_level_from);
    word(in, "log_format", to.log_format, log_format_from);
    return in.finish();
}

Result<> read_file(const std::string& path, bool demanded, os::Files& files, Configuration& to) {
    TRY_ASSIGN(const auto parts, os::split_path(path));
    const auto directory = files.open_directory(parts.directory);
    const bool absent = !directory && directory.error().code == Code::not_found;
    if (!directory && !(absent && !demanded))
        return fail(Error(directory.error()).within("configuration file " + path));
    std::optional<std::string> text;
    if (directory) {
        TRY_ASSIGN(text, os::read_whole(**directory, parts.name, limits::yaml_bytes_max));
    }
    if (!text) return demanded ? fail(Code::not_found, "there is no configuration file " + path) : Result<>();
    TRY_ASSIGN(const auto document, yaml::read(*text, path));
    if (document.value.is_null()) return {};
    return read_file(document.value, document.places, to);
}

struct Setting {
    std::string text;
    std::string from;  ///< for messages
};

/// A command line's option, else a variable.
std::optional<Setting> find(const Arguments& arguments, const os::Environment& environment, std::string_view option,
                            const std::string& variable) {
    if (auto value = arguments.value(option)) return Setting{*value, std::string(option)};
    if (const auto found = environment.find(variable); found != environment.end())
        return Setting{found->second, variable};
    return std::nullopt;
}

template <typename Number>
Result<> read_number(const Setting& setting, Number least, Number most, Number& to) {
    Number number{};
    const char* last = setting.text.data() + setting.text.size();
    const auto [end, error] = std::from_chars(setting.text.data(), last, number);
    if (error != std::errc() || end != last || number < least || number > most)
        return fail(Code::invalid, setting.from + ": expected a number from " + std::to_string(least) + " to " +
                                       std::to_string(most) + ", found '" + printable(setting.text) + "'");
    to = number;
    return {};
}

std::string variable_of(const os::Environment& environment, std::string_view lower, std::string_view upper) {
    for (const std::string_view name : {lower, upper})
        if (const auto found = environment.find(std::string(name)); found != environment.end()) return found->second;
    return {};
}

}  // namespace

Result<Configuration> read_configuration(const Arguments& arguments, const os::Environment& environment,
                                         os::Files& files) {
    Configuration read;
    const auto file = find(arguments, environment, "--config", "SLIPWAY_AGENT_CONFIG");
    TRY(read_file(file ? file->text : std::string(default_file), file.has_value(), files, read));

    if (const auto state = find(arguments, environment, "--state", "SLIPWAY_AGENT_STATE")) {
        if (!is_absolute(state->text))
            return fail(Code::invalid,
                        state->from + ": expected an absolute path, found '" + printable(state->text) + "'");
        read.state = state->text;
    }
    if (const auto slots = find(arguments, environment, "--slots", "SLIPWAY_AGENT_SLOTS"))
        TRY(read_number(*slots, 1, static_cast<int>(limits::slots_max), read.slots));
    if (const auto bytes = find(arguments, environment, "", "SLIPWAY_AGENT_CACHE_BYTES"))
        TRY(read_number<std::uint64_t>(*bytes, cache_bytes_min, std::uint64_t{1} << 60, read.cache_bytes));
    if (const auto level = find(arguments, environment, "--log-level", "SLIPWAY_AGENT_LOG_LEVEL")) {
        TRY_ASSIGN(read.log_level, log_level_from(level->text));
    }
    if (const auto format = find(arguments, environment, "--log-format", "SLIPWAY_AGENT_LOG_FORMAT")) {
        TRY_ASSIGN(read.log_format, log_format_from(format->text));
    }
    if (const auto proxy = find(arguments, environment, "", "SLIPWAY_AGENT_HTTPS_PROXY"))
        read.proxy.https_proxy = proxy->text;
    if (const auto none = find(arguments, environment, "", "SLIPWAY_AGENT_NO_PROXY")) read.proxy.no_proxy = none->text;
    if (read.proxy.https_proxy.empty()) {
        read.proxy.https_proxy = variable_of(environment, "https_proxy", "HTTPS_PROXY");
        if (read.proxy.no_proxy.empty()) read.proxy.no_proxy = variable_of(environment, "no_proxy", "NO_PROXY");
    }
    return read;
}

}  // namespace slipway::cli
