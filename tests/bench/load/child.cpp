#include "tests/bench/load/child.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace slipway::bench {

Result<pid_t> spawn_child(const std::string& program, const std::string& socket) {
    std::string name = program;
    std::string environment = "BENCH_SOCKET=" + socket;
    char* arguments[] = {name.data(), nullptr};
    char* variables[] = {socket.empty() ? nullptr : environment.data(), nullptr};
    pid_t child = 0;
    if (const int error = ::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, variables); error != 0)
        return fail(Code::io, "starting " + program + ": " + std::strerror(error));
    return child;
}

Result<pid_t> reap_child() {
    int status = 0;
    pid_t child = 0;
    while ((child = ::waitpid(-1, &status, 0)) < 0 && errno == EINTR) {
    }
    if (child < 0 || status != 0) return fail(Code::io, "a child did not end well");
    return child;
}

Result<Moments> Moments::open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail(Code::invalid, path + ": too long for a socket");
    path.copy(address.sun_path, path.size());
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    Moments moments(path, descriptor);
    ::unlink(path.c_str());
    if (descriptor < 0 || ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail(Code::io, path + ": " + std::strerror(errno));
    return moments;
}

Moments::Moments(Moments&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

Moments::~Moments() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(path_.c_str());
}

std::optional<Steady> Moments::take() {
    std::int64_t us = 0;
    if (::recv(descriptor_, &us, sizeof us, 0) != static_cast<ssize_t>(sizeof us)) return std::nullopt;
    return Steady{us};
}

}  // namespace slipway::bench
