#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "platform/base/result.h"
#include "platform/base/time.h"

namespace slipway::bench {

/// The bare posix_spawn that all is compared with.
Result<pid_t> spawn_child(const std::string& program, const std::string& socket);
/// Waits for one child; which one it was.
Result<pid_t> reap_child();

/// Where children tell at which moment their main() began: a datagram socket with a path.
class Moments {
public:
    static Result<Moments> open(const std::string& path);
    Moments(Moments&& other) noexcept;
    Moments& operator=(Moments&&) = delete;
    ~Moments();
    int descriptor() const { return descriptor_; }
    const std::string& path() const { return path_; }
    std::optional<Steady> take();  ///< nothing if none came

private:
    Moments(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
    std::string path_;
    int descriptor_;
};

}  // namespace slipway::bench
