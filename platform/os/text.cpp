#include <charconv>

#include "platform/os/group.h"
#include "platform/os/process.h"
#include "platform/os/signal.h"

namespace slipway::os {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string_view signal_name(int number) {
    switch (number) {
        case 1: return "SIGHUP";
        case 2: return "SIGINT";
        case 3: return "SIGQUIT";
        case 4: return "SIGILL";
        case 6: return "SIGABRT";
        case 7: return "SIGBUS";
        case 8: return "SIGFPE";
        case 9: return "SIGKILL";
        case 11: return "SIGSEGV";
        case 13: return "SIGPIPE";
        case 14: return "SIGALRM";
        case 15: return "SIGTERM";
        case 24: return "SIGXCPU";
        case 25: return "SIGXFSZ";
        default: return {};
    }
}

}  // namespace

std::string_view to_string(Signal signal) {
    switch (signal) {
        case Signal::interrupt: return "SIGINT";
        case Signal::terminate: return "SIGTERM";
        case Signal::kill: return "SIGKILL";
        case Signal::hang_up: return "SIGHUP";
    }
    return "?";
}

std::string_view to_string(GroupLevel level) {
    switch (level) {
        case GroupLevel::cgroup: return "cgroup";
        case GroupLevel::session: return "session";
    }
    return "?";
}

std::string to_text(const ProcessIdentity& identity) {
    return identity.boot + " " + std::to_string(identity.id) + " " + std::to_string(identity.start);
}

Result<ProcessIdentity> parse_identity(std::string_view text) {
    const std::size_t first = text.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
    ProcessIdentity identity;
    if (second == std::string_view::npos || first == 0 ||
        !read_number(text.substr(first + 1, second - first - 1), identity.id) || identity.id <= 0 ||
        !read_number(text.substr(second + 1), identity.start))
        return fail(Code::invalid, "not a process identity (boot id, process id, start time)");
    identity.boot = std::string(text.substr(0, first));
    return identity;
}

std::string to_text(const Exit& exit) {
    if (exit.how == Exit::How::exited) return "exit code " + std::to_string(exit.number);
    if (exit.how == Exit::How::unknown) return "ended";
    const std::string_view name = signal_name(exit.number);
    return "killed by " + (name.empty() ? "signal " + std::to_string(exit.number) : std::string(name));
}

}  // namespace slipway::os
