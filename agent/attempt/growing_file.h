#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "platform/os/files.h"

namespace slipway::attempt {

/// A file that only this process writes, and only at its end. An append that fails leaves it as it was.
class GrowingFile {
public:
    explicit GrowingFile(std::unique_ptr<os::File> file) : file_(std::move(file)) {}

    Result<> append(std::string_view bytes);
    Result<> sync();  ///< does nothing when nothing was appended since the last one
    std::uint64_t length() const { return length_; }
    std::uint64_t unsynced_bytes() const { return length_ - synced_length_; }
    /// Somebody else made it shorter or longer than what was appended here.
    Result<bool> tampered();

private:
    std::unique_ptr<os::File> file_;
    std::uint64_t length_ = 0;
    std::uint64_t synced_length_ = 0;
};

}  // namespace slipway::attempt
