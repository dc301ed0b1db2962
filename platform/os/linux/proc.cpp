#include "platform/os/linux/proc.h"

#include <charconv>
#include <memory>
#include <variant>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "platform/os/linux/descriptor.h"

namespace slipway::os {

namespace {

using Number = std::variant<std::int64_t*, std::uint64_t*>;

std::optional<Number> number_in(ProcStat& stat, int field) {
    switch (field) {
        case 4: return &stat.parent;
        case 5: return &stat.process_group;
        case 6: return &stat.session;
        case 9: return &stat.flags;
        case 22: return &stat.start;
        case 50: return &stat.environment_begin;
        case 51: return &stat.environment_end;
        default: return std::nullopt;
    }
}

}  // namespace

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
    ProcStat stat;
    std::string_view rest = std::string_view(*text).substr(end + 1);
    for (int field = 3; field <= 51; ++field) {
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        const std::string_view word = rest.substr(0, rest.find_first_of(" \n"));
        if (word.empty()) return std::nullopt;
        rest.remove_prefix(word.size());
        if (field == 3) stat.state = word.front();
        if (const auto number = number_in(stat, field))
            std::visit([word](auto* value) { std::from_chars(word.data(), word.data() + word.size(), *value); },
                       *number);
    }
    return stat;
}

bool ProcStat::replaced_just_now() const {
    constexpr std::uint64_t exiting = 0x4;             // PF_EXITING
    constexpr std::uint64_t kernel_thread = 0x200000;  // PF_KTHREAD
    return environment_end == 0 && (flags & (exiting | kernel_thread)) == 0;
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
