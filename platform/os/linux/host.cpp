#include "platform/os/host.h"

#include <sstream>

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "platform/os/linux/proc.h"
#include "platform/os/linux/system_error.h"

// The environment of the process, environ(7).
extern char** environ;

namespace slipway::os {
namespace {

// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)", os-release(5)
std::string read_distribution() {
    for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
        std::istringstream lines(read_proc_file(path, 64 * 1024).value_or(""));
        for (std::string line; std::getline(lines, line);) {
            constexpr std::string_view key = "PRETTY_NAME=";
            if (!line.starts_with(key)) continue;
            std::string value = line.substr(key.size());
            if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
                value = value.substr(1, value.size() - 2);
            return value;
        }
    }
    return {};
}

std::string to_architecture(std::string machine) {
    if (machine == "amd64") return "x86_64";
    if (machine == "arm64") return "aarch64";
    if (machine.starts_with("armv")) return "armv7";
    return machine;
}

bool is_changed_by_others(const std::string& path) {
    struct stat raw {};
    if (::stat(path.c_str(), &raw) != 0 || !S_ISDIR(raw.st_mode)) return false;
    const bool foreign = raw.st_uid != 0 && raw.st_uid != ::geteuid();
    return foreign || (raw.st_mode & S_IWOTH) != 0 || ((raw.st_mode & S_IWGRP) != 0 && raw.st_gid != 0);
}

bool is_program(const std::string& path) {
    struct stat raw {};
    return ::stat(path.c_str(), &raw) == 0 && S_ISREG(raw.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find(':', begin), path.size());
        parts.emplace_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

}  // namespace

Result<Host> read_host() {
    Host host;
    TRY_ASSIGN(host.boot, read_boot_id());
    utsname names{};
    if (::uname(&names) != 0) return system_fail(errno, "asking for the system's name", "");
    host.name = names.nodename;
    host.system = "linux";
    host.kernel = names.release;
    host.architecture = to_architecture(names.machine);
    host.distribution = read_distribution();
    std::string path(PATH_MAX, '\0');
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length < 0) return system_fail(errno, "reading", "/proc/self/exe");
    path.resize(static_cast<std::size_t>(length));
    host.executable = path;
    host.process_id = ::getpid();
    host.user = ::geteuid();
    host.processors = static_cast<std::uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
    host.memory_bytes =
        static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return host;
}

Environment read_environment() {
    Environment environment;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos && equals > 0)
            environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

Result<> harden_process() {
    ::umask(077);
    ::signal(SIGPIPE, SIG_IGN);
    rlimit cores{};
    if (::getrlimit(RLIMIT_CORE, &cores) != 0) return system_fail(errno, "switching core dumps off", "");
    cores.rlim_cur = 0;  // the hard limit stays: a child may be given another
    if (::setrlimit(RLIMIT_CORE, &cores) != 0) return system_fail(errno, "switching core dumps off", "");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_fail(errno, "refusing debuggers", "");
    return {};
}

Result<std::uint64_t> raise_open_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return system_fail(errno, "reading the limit of open files", "");
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return system_fail(errno, "raising the limit of open files", "");
    return limit.rlim_cur;
}

FoundPrograms find_programs(std::string_view path, const std::vector<std::string>& names) {
    FoundPrograms found;
    for (const std::string& directory : split(path)) {
        if (directory.empty() || directory.front() != '/' || is_changed_by_others(directory)) {
            found.skipped_directories.push_back(directory.empty() ? "." : directory);
            continue;
        }
        for (const std::string& name : names)
            if (!found.paths.contains(name) && is_program(directory + "/" + name))
                found.paths.emplace(name, directory + "/" + name);
    }
    return found;
}

Terminal read_terminal(Standard stream) {
    const int number = stream == Standard::input ? 0 : stream == Standard::output ? 1 : 2;
    Terminal terminal;
    terminal.is_terminal = ::isatty(number) == 1;
    winsize size{};
    if (terminal.is_terminal && ::ioctl(number, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        terminal.columns = size.ws_col;
    return terminal;
}

Result<MemoryUse> read_memory_use() {
    const auto text = read_proc_file("/proc/self/smaps_rollup", 64 * 1024);
    if (!text) return fail(Code::unsupported, "/proc/self/smaps_rollup cannot be read");
    MemoryUse use;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string name;
        std::uint64_t kib = 0;
        if (!(fields >> name >> kib)) continue;
        if (name == "Rss:") use.resident_bytes = kib * 1024;
        if (name == "Pss:") use.proportional_bytes = kib * 1024;
    }
    return use;
}

void give_back_memory() {
    ::malloc_trim(0);
    // The parts of an executable that nobody writes hold what the file holds, so they may go at any time.
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void*) {
            const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
            for (int i = 0; i < object->dlpi_phnum; ++i) {
                const auto& segment = object->dlpi_phdr[i];
                if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
                const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
                const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
                // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses come as numbers
                ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
            }
            return 0;
        },
        nullptr);
}

}  // namespace slipway::os
