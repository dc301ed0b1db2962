#pragma once

#include <string>

#include "platform/os/files.h"
#include "platform/os/linux/descriptor.h"

namespace slipway::os {

/// Removes `name` below the open directory with all that is below it. `path` is for messages.
Result<> remove_tree_at(int directory, const std::string& name, const std::string& path);

class LinuxDirectory final : public Directory {
public:
    LinuxDirectory(Descriptor descriptor, std::string path)
        : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

    const std::string& path() const override { return path_; }
    Result<std::unique_ptr<File>> open(std::string_view name, const OpenOptions& options) override;
    Result<std::unique_ptr<Directory>> open_directory(std::string_view name) override;
    Result<std::unique_ptr<Directory>> make_directory(std::string_view name, std::uint32_t mode) override;
    Result<> rename(std::string_view name, Directory& to, std::string_view new_name, Replace replace) override;
    Result<> remove(std::string_view name) override;
    Result<> remove_tree(std::string_view name) override;
    Result<std::vector<Entry>> list(std::size_t entries_max) override;
    Result<std::optional<Status>> status(std::string_view name) override;
    Result<std::string> read_link(std::string_view name) override;
    Result<> make_link(std::string_view name, std::string_view target) override;
    Result<> make_hard_link(std::string_view name, Directory& to, std::string_view new_name) override;
    Result<> set_mode(std::uint32_t mode) override;
    Result<> set_modified(Time time) override;
    Result<> sync() override;
    Result<DiskSpace> space() override;
    Result<std::unique_ptr<FileLock>> lock(std::string_view name) override;
    std::optional<Native> native() override { return descriptor_.get(); }

private:
    std::string below(std::string_view name) const;

    Descriptor descriptor_;
    std::string path_;
};

}  // namespace slipway::os
