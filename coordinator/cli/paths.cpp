#include "coordinator/cli/paths.h"

#include "platform/os/file_steps.h"

namespace slipway::cli {

FilePath split(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

Result<std::unique_ptr<os::File>> open_file(os::Files& files, const std::string& path) {
    const FilePath place = split(path);
    TRY_ASSIGN(auto directory, files.open_directory(place.directory));
    return directory->open(place.name, {});
}

Result<std::string> read_file(os::Files& files, const std::string& path, std::size_t bytes_max) {
    const FilePath place = split(path);
    TRY_ASSIGN(auto directory, files.open_directory(place.directory));
    TRY_ASSIGN(auto bytes, os::read_whole(*directory, place.name, bytes_max));
    if (!bytes) return fail(Code::not_found, "there is no file " + path, "file_missing");
    return *std::move(bytes);
}

}  // namespace slipway::cli
