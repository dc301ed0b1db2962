#pragma once

#include <string>

#include "platform/os/files.h"

/// Paths as operators write them: absolute or from where they stand.
namespace slipway::cli {

struct FilePath {
    std::string directory;  ///< "." if none was written
    std::string name;
};
FilePath split(const std::string& path);

Result<std::unique_ptr<os::File>> open_file(os::Files& files, const std::string& path);
/// Code::not_found if there is no such file.
Result<std::string> read_file(os::Files& files, const std::string& path, std::size_t bytes_max);

}  // namespace slipway::cli
