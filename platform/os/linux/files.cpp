#include "platform/os/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "platform/os/linux/directory.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

class SystemFiles final : public Files {
public:
    Result<std::unique_ptr<Directory>> open_directory(const std::string& path) override {
        const int number = retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
        if (number < 0) return system_fail(errno, "opening directory", path);
        return std::make_unique<LinuxDirectory>(Descriptor(number), path);
    }

    Result<std::unique_ptr<Directory>> make_directories(const std::string& path, std::uint32_t mode) override {
        for (std::size_t end = path.find('/', 1); !path.empty(); end = path.find('/', end + 1)) {
            const std::string part = path.substr(0, end);
            if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
                const int error = errno;  // a directory that is there may still refuse: read-only, or no permission
                struct stat raw {};
                if (::stat(part.c_str(), &raw) != 0 || !S_ISDIR(raw.st_mode))
                    return system_fail(error, "making directory", part);
            }
            if (end == std::string::npos) break;
        }
        return open_directory(path);
    }
};

}  // namespace

std::unique_ptr<Files> make_system_files() { return std::make_unique<SystemFiles>(); }

}  // namespace slipway::os
