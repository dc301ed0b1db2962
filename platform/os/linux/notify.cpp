#include "platform/os/notify.h"

#include <charconv>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/base/bytes.h"
#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

class SilentNotifier final : public Notifier {
public:
    void say(std::string_view) override {}
    std::optional<Duration> watchdog() const override { return std::nullopt; }
};

class SocketNotifier final : public Notifier {
public:
    SocketNotifier(Descriptor socket, sockaddr_un address, socklen_t length, std::optional<Duration> watchdog)
        : socket_(std::move(socket)), address_(address), length_(length), watchdog_(watchdog) {}

    void say(std::string_view lines) override {
        const auto* address = reinterpret_cast<const sockaddr*>(&address_);
        static_cast<void>(
            ::sendto(socket_.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT, address, length_));
    }
    std::optional<Duration> watchdog() const override { return watchdog_; }

private:
    Descriptor socket_;
    sockaddr_un address_;
    socklen_t length_;
    std::optional<Duration> watchdog_;
};

std::optional<std::int64_t> number_of(const Environment& environment, const char* name) {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    const std::string& text = found->second;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
    return number;
}

std::optional<Duration> watchdog_of(const Environment& environment) {
    const auto process = number_of(environment, "WATCHDOG_PID");
    if (process && *process != ::getpid()) return std::nullopt;
    const auto us = number_of(environment, "WATCHDOG_USEC");
    return us ? std::optional(Duration{*us}) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Notifier>> make_notifier(const Environment& environment) {
    const auto found = environment.find("NOTIFY_SOCKET");
    if (found == environment.end() || found->second.empty()) return std::make_unique<SilentNotifier>();
    const std::string& name = found->second;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if ((name.front() != '/' && name.front() != '@') || name.size() < 2 || name.size() >= sizeof address.sun_path)
        return fail(Code::invalid, "NOTIFY_SOCKET is '" + printable(name) + "', which is no name of a socket");
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return system_fail(errno, "making a socket for", name);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    return std::make_unique<SocketNotifier>(std::move(socket), address, length, watchdog_of(environment));
}

}  // namespace slipway::os
