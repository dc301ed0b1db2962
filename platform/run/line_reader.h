#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/os/files.h"

namespace slipway::run {

/// Whole lines of a file that another process appends to, from its beginning on. What is not ended by a newline yet is
/// left for later. One thread.
class LineReader {
public:
    /// `file` outlives it.
    LineReader(os::File& file, std::size_t line_bytes_max) : file_(file), line_bytes_max_(line_bytes_max) {}

    /// The next line without its newline, valid until the next call; nothing if there is none yet. Code::corrupt if a
    /// line is longer than the limit.
    Result<std::optional<std::string_view>> next();
    void restart();

private:
    os::File& file_;
    std::size_t line_bytes_max_;
    std::uint64_t offset_ = 0;  ///< in the file, of the end of buffer_
    std::string buffer_;
    std::size_t begin_ = 0;  ///< of the next line in buffer_
};

}  // namespace slipway::run
