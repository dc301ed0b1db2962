#include "platform/os/service.h"

#include <charconv>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

std::string find(const Environment& environment, const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

std::optional<std::int64_t> to_number(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
    return value;
}

class LinuxServiceManager final : public ServiceManager {
public:
    Result<> open(const Environment& environment) {
        const std::string path = find(environment, "NOTIFY_SOCKET");
        if (path.empty()) return {};
        if ((path.front() != '/' && path.front() != '@') || path.size() >= sizeof address_.sun_path)
            return fail(Code::invalid, "NOTIFY_SOCKET is neither an absolute path nor an abstract name: " + path);
        address_.sun_family = AF_UNIX;
        std::memcpy(address_.sun_path, path.data(), path.size());
        if (path.front() == '@') address_.sun_path[0] = '\0';
        length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket_) return system_fail(errno, "making a socket to the service manager", "");
        const auto process = to_number(find(environment, "WATCHDOG_PID"));
        const auto period = to_number(find(environment, "WATCHDOG_USEC"));
        if (period && (!process || *process == ::getpid())) period_ = Duration(*period);
        return {};
    }

    Result<> ready() override { return send("READY=1"); }
    Result<> stopping() override { return send("STOPPING=1"); }
    Result<> alive() override { return send("WATCHDOG=1"); }
    Result<> describe(std::string_view text) override {
        return send("STATUS=" + std::string(text.substr(0, text.find('\n'))));
    }
    std::optional<Duration> watchdog_period() const override { return period_; }

private:
    Result<> send(const std::string& message) {
        if (!socket_) return {};
        const auto* address = reinterpret_cast<const sockaddr*>(&address_);
        const ssize_t sent = retry(
            [&] { return ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, address, length_); });
        if (sent < 0) return system_fail(errno, "telling the service manager", message);
        return {};
    }

    Descriptor socket_;
    sockaddr_un address_{};
    socklen_t length_ = 0;
    std::optional<Duration> period_;
};

}  // namespace

Result<std::unique_ptr<ServiceManager>> make_service_manager(const Environment& environment) {
    auto manager = std::make_unique<LinuxServiceManager>();
    TRY(manager->open(environment));
    return manager;
}

}  // namespace slipway::os
