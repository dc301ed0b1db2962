#include "platform/os/files.h"

#include "platform/os/windows/unsupported.h"

namespace slipway::os {
namespace {

class SystemFiles final : public Files {
public:
    Result<std::unique_ptr<Directory>> open_directory(const std::string&) override {
        return unsupported("opening a directory");
    }
    Result<std::unique_ptr<Directory>> make_directories(const std::string&, std::uint32_t) override {
        return unsupported("making a directory");
    }
};

}  // namespace

std::unique_ptr<Files> make_system_files() { return std::make_unique<SystemFiles>(); }

}  // namespace slipway::os
