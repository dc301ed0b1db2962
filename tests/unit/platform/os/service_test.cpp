#include "platform/os/service.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

namespace {

/// What a service manager listens on.
class Listener {
public:
    explicit Listener(const std::string& path) : number_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(number_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    ~Listener() { ::close(number_); }
    std::string next() const {
        char buffer[200];
        const ssize_t got = ::recv(number_, buffer, sizeof buffer, MSG_DONTWAIT);
        return got < 0 ? "" : std::string(buffer, static_cast<std::size_t>(got));
    }

private:
    int number_;
};

}  // namespace

TEST_CASE("the service manager that started the program is told how it is") {
    SystemFilesFixture files;
    const std::string path = files.path() + "/notify";
    const Listener listener(path);
    const auto manager = VALUE_OF(make_service_manager({{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "2000000"}}));
    REQUIRE_DONE(manager->ready());
    REQUIRE_DONE(manager->alive());
    REQUIRE_DONE(manager->describe("12 jobs\nREADY=0"));
    REQUIRE_DONE(manager->stopping());
    CHECK(listener.next() == "READY=1");
    CHECK(listener.next() == "WATCHDOG=1");
    CHECK(listener.next() == "STATUS=12 jobs");
    CHECK(listener.next() == "STOPPING=1");
    CHECK(listener.next() == "");
    CHECK(manager->watchdog_period() == Duration(2s));
}

TEST_CASE("a watchdog that is meant for another process is not ours") {
    const Environment environment = {
        {"NOTIFY_SOCKET", "@slipway-none"}, {"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", "1"}};
    CHECK_FALSE(VALUE_OF(make_service_manager(environment))->watchdog_period().has_value());
}

TEST_CASE("without a service manager nothing is told, and a bad address is refused") {
    const auto nobody = VALUE_OF(make_service_manager({}));
    REQUIRE_DONE(nobody->ready());
    REQUIRE_DONE(nobody->alive());
    REQUIRE_CODE(make_service_manager({{"NOTIFY_SOCKET", "relative"}}), Code::invalid);
    const auto gone = VALUE_OF(make_service_manager({{"NOTIFY_SOCKET", "/nowhere/notify"}}));
    REQUIRE_CODE(gone->ready(), Code::not_found);
}
