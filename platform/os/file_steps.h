#pragma once

#include "platform/os/files.h"

/// Steps made of the calls of files.h; the same on every implementation.
namespace slipway::os {

/// After it returns, `name` holds `bytes` whatever happens; before, the old content or the new, never a part.
/// (temporary file `.<name>.new` in the same folder, write, fsync, rename, fsync of the folder)
Result<> replace_durably(Directory& directory, std::string_view name, std::string_view bytes,
                         std::uint32_t mode = 0600);

/// The same for a file that is written once: conflict if `name` is taken, which stays as it is.
Result<> create_durably(Directory& directory, std::string_view name, std::string_view bytes, std::uint32_t mode = 0600);

/// Like replace_durably without any sync: whole after a crash of the process, not after one of the machine.
Result<> replace_whole(Directory& directory, std::string_view name, std::string_view bytes, std::uint32_t mode = 0600);

/// Nothing if there is no such file; Code::limit if it is longer than `bytes_max`.
Result<std::optional<std::string>> read_whole(Directory& directory, std::string_view name, std::size_t bytes_max);
Result<std::string> read_whole(File& file, std::size_t bytes_max);

/// For names that others may have written: a regular file that `owner` owns and that has no second name, else
/// Code::corrupt with reason "file_tampered". Nothing if there is none.
Result<std::optional<std::unique_ptr<File>>> open_trusted(Directory& directory, std::string_view name, Access access,
                                                          std::uint32_t owner);

/// Opens it, or makes it with `mode`.
Result<std::unique_ptr<Directory>> open_or_make(Directory& directory, std::string_view name, std::uint32_t mode);

/// Splits "/a/b/c" into the directory "/a/b" and "c".
struct PathParts {
    std::string directory;
    std::string name;
};
Result<PathParts> split_path(std::string_view path);

}  // namespace slipway::os
