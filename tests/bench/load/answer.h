#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::bench {

struct Answer {
    int status = 0;
    std::optional<std::int64_t> retry_after_s;
    bool closes = false;  ///< the line is of no more use
    std::string body;
};

/// Reads answers out of an HTTP/1.1 stream (RFC 9112), one after the other. It trusts the program that it measures: no
/// limits, and only the two framings that the coordinator and nginx write.
class AnswerReader {
public:
    /// The next answer once it is whole.
    Result<std::optional<Answer>> take(std::string_view bytes);
    bool is_empty() const { return buffer_.empty() && !head_read_; }

private:
    Result<bool> read_head();
    Result<bool> read_chunks();

    std::string buffer_;
    bool head_read_ = false;
    Answer answer_;
    std::optional<std::size_t> length_;  ///< none: chunked
};

}  // namespace slipway::bench
