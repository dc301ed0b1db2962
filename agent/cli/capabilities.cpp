#include "agent/cli/capabilities.h"

#include <algorithm>

#include "platform/base/limits.h"
#include "platform/crypto/sha256.h"

namespace slipway::cli {
namespace {

const std::vector<std::string>& tools() {
    static const std::vector<std::string> names{"apt-get", "bash",    "buildah", "cargo",      "cmake",
                                                "cscript", "curl",    "dnf",     "docker",     "docker-compose",
                                                "dotnet",  "dpkg",    "gcc",     "git",        "go",
                                                "helm",    "java",    "jq",      "kubectl",    "make",
                                                "mysql",   "nginx",   "node",    "npm",        "openssl",
                                                "perl",    "php",     "podman",  "powershell", "psql",
                                                "pwsh",    "python3", "rpm",     "rsync",      "ruby",
                                                "sh",      "sqlite3", "ssh",     "sudo",       "systemctl",
                                                "tar",     "unzip",   "wget",    "xz",         "yum",
                                                "zip",     "zstd"};
    return names;
}

/// One line that a capability may hold.
std::string value_of(std::string_view text) {
    std::string value;
    for (const char c : text.substr(0, limits::capability_bytes_max)) {
        const auto byte = static_cast<unsigned char>(c);
        value += byte < 0x20 || byte > 0x7e ? '?' : c;
    }
    return value;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

FoundCapabilities find_capabilities(const os::Host& host, std::string_view path,
                                    const std::map<std::string, std::string>& tags, const std::string& version) {
    FoundCapabilities found;
    auto programs = os::find_programs(path, tools());
    for (const auto& [name, file] : programs.paths) found.capabilities[name] = "";
    for (const auto& [name, value] : tags) found.capabilities[name] = value;
    const std::pair<const char*, const std::string&> facts[] = {
        {"os", host.system},     {"arch", host.architecture}, {"distribution", host.distribution},
        {"kernel", host.kernel}, {"hostname", host.name},     {"slipway-agent", version}};
    for (const auto& [name, value] : facts)
        if (!value.empty()) found.capabilities[name] = value_of(value);
    found.programs = std::move(programs.paths);
    found.skipped_directories = std::move(programs.skipped_directories);
    return found;
}

Digest digest_of(const wire::Capabilities& capabilities) {
    std::string text;
    for (const auto& [name, value] : capabilities) text += name + "=" + value + "\n";
    return crypto::sha256(text);
}

const std::vector<VersionQuestion>& version_questions() {
    static const std::vector<VersionQuestion> questions{{"bash", {"--version"}},
                                                        {"curl", {"--version"}},
                                                        {"docker", {"--version"}},
                                                        {"dotnet", {"--version"}},
                                                        {"git", {"--version"}},
                                                        {"java", {"-version"}},
                                                        {"kubectl", {"version", "--client"}},
                                                        {"nginx", {"-v"}},
                                                        {"node", {"--version"}},
                                                        {"openssl", {"version"}},
                                                        {"php", {"--version"}},
                                                        {"podman", {"--version"}},
                                                        {"psql", {"--version"}},
                                                        {"pwsh", {"--version"}},
                                                        {"python3", {"--version"}},
                                                        {"systemctl", {"--version"}},
                                                        {"tar", {"--version"}},
                                                        {"zstd", {"--version"}}};
    return questions;
}

std::string version_in(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_digit(text[i]) || (i > 0 && (is_digit(text[i - 1]) || text[i - 1] == '.'))) continue;
        std::size_t end = i;
        while (end < text.size() &&
               (is_digit(text[end]) || (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1]))))
            ++end;
        const std::string_view number = text.substr(i, end - i);
        if (number.find('.') != std::string_view::npos && number.size() <= limits::capability_bytes_max)
            return std::string(number);
        i = end;
    }
    return {};
}

}  // namespace slipway::cli
