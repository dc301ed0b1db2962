#include "platform/base/crash_point.h"

#ifdef SLIPWAY_CRASH_POINTS

#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace slipway {

void crash_point(const char* name) {
    static std::mutex mutex;
    static std::map<std::string, int> passes;
    const std::lock_guard lock(mutex);
    const int pass = ++passes[name];
    if (const char* log = std::getenv("SLIPWAY_CRASH_LOG"); log != nullptr && pass == 1) {
        const std::string line = std::string(name) + "\n";
        const int fd = ::open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0) {
            [[maybe_unused]] const auto written = ::write(fd, line.data(), line.size());
            ::close(fd);
        }
    }
    const char* at = std::getenv("SLIPWAY_CRASH_AT");
    if (at == nullptr) return;
    const std::string wanted = at;
    if (wanted == name || wanted == std::string(name) + ":" + std::to_string(pass)) ::kill(::getpid(), SIGKILL);
}

}  // namespace slipway

#endif
