#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/archive/entry.h"
#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::archive {

/// Puts accepted entries below one folder. Paths come from the Ledger: relative, folders that this object made. Keeps
/// the folders of the last path open, so that entries in archive order cost one call each. One thread.
class TreeWriter {
public:
    explicit TreeWriter(os::Directory& root) : root_(root) {}

    Result<> make_folder(std::string_view path, std::uint32_t mode);
    Result<> set_folder_mode(std::string_view path, std::uint32_t mode);
    Result<std::unique_ptr<os::File>> make_file(std::string_view path);
    Result<> make_hard_link(std::string_view path, std::string_view existing);
    Result<> make_symbolic_link(std::string_view path, std::string_view target);

private:
    struct Parent {
        os::Directory* folder;
        std::string_view name;
    };
    Result<os::Directory*> open_folder(std::string_view path);
    Result<Parent> open_parent(std::string_view path);

    struct Open {
        std::string name;
        std::unique_ptr<os::Directory> folder;
    };
    os::Directory& root_;
    std::vector<Open> open_;
};

}  // namespace slipway::archive
