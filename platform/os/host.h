#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"

namespace slipway::os {

struct Host {
    std::string boot;          ///< boot id: another one after each start of the machine
    std::string name;          ///< host name
    std::string system;        ///< "linux", "windows"
    std::string distribution;  ///< "Debian GNU/Linux 12 (bookworm)"; may be empty
    std::string kernel;        ///< "6.1.0-28-amd64"
    std::string architecture;  ///< "x86_64", "aarch64", "armv7"
    std::string executable;    ///< path of this program
    std::int64_t process_id = 0;
    std::uint32_t user = 0;  ///< effective user id; 0 is root
    std::uint32_t processors = 1;
    std::uint64_t memory_bytes = 0;  ///< of the machine
};
Result<Host> read_host();

/// The environment as it was when main() began; nothing else of the programs asks for variables.
using Environment = std::map<std::string, std::string>;
Environment read_environment();

/// First thing in main(): umask 077, no core dumps and no attaching debuggers, SIGPIPE ignored.
Result<> harden_process();

/// Raises the limit of open descriptors to what is allowed and returns it.
Result<std::uint64_t> raise_open_files();

struct FoundPrograms {
    std::map<std::string, std::string> paths;      ///< name: absolute path of the first on the PATH
    std::vector<std::string> skipped_directories;  ///< of the PATH: relative ones and those that others may write
};
/// Looks for programs by the rules of a shell in `path` ("/usr/bin:/bin").
FoundPrograms find_programs(std::string_view path, const std::vector<std::string>& names);

enum class Standard { input, output, error };
struct Terminal {
    bool is_terminal = false;
    int columns = 80;
};
Terminal read_terminal(Standard stream);

/// Of this process, in bytes: resident, and its proportional share (PSS).
struct MemoryUse {
    std::uint64_t resident_bytes = 0;
    std::uint64_t proportional_bytes = 0;
};
Result<MemoryUse> read_memory_use();

/// For a process that is going to rest: free heap and the pages of the program's own file go back to the system. What of
/// the file is used again comes from the system's cache, at a microsecond for 64 KiB. Changes nothing else.
void give_back_memory();

}  // namespace slipway::os
