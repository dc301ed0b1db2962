#pragma once

#include <map>
#include <string>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/os/host.h"
#include "platform/wire/poll.h"

namespace slipway::cli {

/// Where tasks find programs, and so where they are looked for: the PATH that an attempt gives them.
inline constexpr std::string_view task_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct FoundCapabilities {
    wire::Capabilities capabilities;               ///< tools without their versions
    std::map<std::string, std::string> programs;   ///< name: absolute path
    std::vector<std::string> skipped_directories;  ///< of the PATH: others may write them
};

/// What this machine is and has, by looking only: no program is started.
FoundCapabilities find_capabilities(const os::Host& host, std::string_view path,
                                    const std::map<std::string, std::string>& tags, const std::string& version);

/// SHA-256 of "name=value\n" of all, by name.
Digest digest_of(const wire::Capabilities& capabilities);

/// What a program must be called with to say its version.
struct VersionQuestion {
    std::string program;  ///< as a capability
    std::vector<std::string> arguments;
};
const std::vector<VersionQuestion>& version_questions();

/// The first number with a dot in what a program said: "5.2.15" of "GNU bash, version 5.2.15(1)-release"; else empty.
std::string version_in(std::string_view text);

}  // namespace slipway::cli
