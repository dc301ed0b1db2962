#pragma once

#include <string>

#include <sys/stat.h>

#include "platform/os/files.h"
#include "platform/os/linux/descriptor.h"

namespace slipway::os {

Status to_status(const struct stat& raw);

/// Writes all of `bytes` at `offset`.
Result<> write_all_at(int number, std::uint64_t offset, std::string_view bytes, const std::string& path);

class LinuxFile final : public File {
public:
    LinuxFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
    Result<std::optional<std::size_t>> read_cached_at(std::uint64_t offset, std::span<char> into) override;
    Result<> write_at(std::uint64_t offset, std::string_view bytes) override;
    Result<> append(std::string_view bytes) override;
    Result<> truncate(std::uint64_t size) override;
    Result<> allocate(std::uint64_t size) override;
    Result<> sync_data() override;
    Result<> sync() override;
    Result<Status> status() override;
    Result<> set_mode(std::uint32_t mode) override;
    Result<> set_modified(Time time) override;
    std::optional<Native> native() override { return descriptor_.get(); }

private:
    Descriptor descriptor_;
    std::string path_;
};

}  // namespace slipway::os
