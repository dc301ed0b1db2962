#include "coordinator/program/configuration.h"

#include <algorithm>

#include "platform/json/reader.h"
#include "platform/yaml/read.h"

namespace slipway {
namespace {

constexpr std::size_t names_max = 64;

/// Texts as they stand in the file or the environment; judged when all sources have been merged.
struct Texts {
    std::optional<std::string> state;
    std::optional<std::string> user_listen;
    std::optional<std::string> agent_listen;
    std::optional<std::string> log_level;
    std::optional<std::string> log_format;
    std::vector<std::string> names;
};

Result<Texts> read_file(const std::string& text, const std::string& file_name) {
    Texts texts;
    TRY_ASSIGN(const auto document, yaml::read(text, file_name));
    if (document.value.is_null()) return texts;
    json::Reader in(document.value, json::UnknownFields::refuse, &document.places);
    in.optional("state", texts.state);
    in.optional("user_listen", texts.user_listen);
    in.optional("agent_listen", texts.agent_listen);
    in.optional("log_level", texts.log_level);
    in.optional("log_format", texts.log_format);
    in.texts("names", names_max, texts.names, {.bytes_min = 1, .bytes_max = 253});
    TRY(in.finish());
    return texts;
}

void take_environment(const os::Environment& environment, Texts& texts) {
    const auto take = [&](const char* name, std::optional<std::string>& to) {
        if (const auto found = environment.find(name); found != environment.end()) to = found->second;
    };
    take("SLIPWAY_STATE", texts.state);
    take("SLIPWAY_USER_LISTEN", texts.user_listen);
    take("SLIPWAY_AGENT_LISTEN", texts.agent_listen);
    take("SLIPWAY_LOG_LEVEL", texts.log_level);
    take("SLIPWAY_LOG_FORMAT", texts.log_format);
}

}  // namespace

Result<Configuration> read_configuration(const Flags& flags, const os::Environment& environment,
                                         const std::optional<std::string>& file_text, const std::string& file_name) {
    Texts texts;
    if (file_text) {
        TRY_ASSIGN(texts, read_file(*file_text, file_name));
    }
    take_environment(environment, texts);
    if (flags.state) texts.state = flags.state;
    if (flags.user_listen) texts.user_listen = flags.user_listen;
    if (flags.agent_listen) texts.agent_listen = flags.agent_listen;

    Configuration configuration;
    if (texts.state) configuration.state = *texts.state;
    if (!configuration.state.starts_with('/'))
        return fail(Code::invalid,
                    "the state directory has to be an absolute path, not \"" + configuration.state + "\"");
    if (texts.user_listen) {
        TRY_ASSIGN(configuration.user_listen, http::parse_address(*texts.user_listen));
    }
    if (texts.agent_listen) {
        TRY_ASSIGN(configuration.agent_listen, http::parse_address(*texts.agent_listen));
    }
    if (texts.log_level) {
        TRY_ASSIGN(configuration.log_level, log_level_from(*texts.log_level));
    }
    if (texts.log_format) {
        TRY_ASSIGN(configuration.log_format, log_format_from(*texts.log_format));
    }
    configuration.names = std::move(texts.names);
    return configuration;
}

std::vector<std::string> certificate_names(const Configuration& configuration, const std::string& host_name) {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    for (const std::string& name : configuration.names) add(name);
    add(host_name.substr(0, host_name.find('.')));
    add(host_name);
    for (const char* name : {"localhost", "127.0.0.1", "::1"}) add(name);
    return names;
}

}  // namespace slipway
