#include "platform/os/linux/proc.h"

#include <charconv>
#include <memory>
#include <sstream>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "platform/os/linux/descriptor.h"

namespace slipway::os {

std::optional<std::string> read_proc_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor file(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (!file) return std::nullopt;
    std::string bytes;
    while (bytes.size() < bytes_max) {
        const std::size_t had = bytes.size();
        bytes.resize(std::min(bytes_max, had + 4096));
        const ssize_t got = retry([&] { return ::read(file.get(), bytes.data() + had, bytes.size() - had); });
        bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0) return std::nullopt;
        if (got == 0) break;
    }
    return bytes;
}

std::optional<ProcStat> read_proc_stat(std::int64_t process) {
    const auto text = read_proc_file("/proc/" + std::to_string(process) + "/stat", 4096);
    // The program's name stands in parentheses and may hold anything, parentheses too.
    const std::size_t end = text ? text->rfind(')') : std::string::npos;
    if (end == std::string::npos) return std::nullopt;
    std::istringstream fields(text->substr(end + 1));
    ProcStat stat;
    std::string skipped;
    fields >> stat.state >> stat.parent >> stat.process_group >> stat.session;
    for (int field = 7; field < 22; ++field) fields >> skipped;
    fields >> stat.start;
    if (!fields) return std::nullopt;
    return stat;
}

Result<std::string> read_boot_id() {
    auto text = read_proc_file("/proc/sys/kernel/random/boot_id", 64);
    if (!text || text->size() < 36) return fail(Code::unsupported, "/proc/sys/kernel/random/boot_id cannot be read");
    text->resize(36);
    return *text;
}

std::vector<std::int64_t> list_processes() {
    std::vector<std::int64_t> processes;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), &::closedir);
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        const std::string_view name = entry->d_name;
        std::int64_t process = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
        if (error == std::errc{} && end == name.data() + name.size()) processes.push_back(process);
    }
    return processes;
}

int open_pidfd(std::int64_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); }

int send_signal_to_pidfd(int pidfd, int signal) {
    return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

}  // namespace slipway::os
