#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::http {

/// Bytes first .. first + length - 1 of a representation.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
    bool operator==(const ByteRange&) const = default;
};

struct RangeVerdict {
    enum class Kind {
        whole,          ///< no Range, or of a unit that is not bytes: 200
        part,           ///< 206
        unsatisfiable,  ///< 416: outside, malformed, or more than one range
    };
    Kind kind = Kind::whole;
    ByteRange range;
};

/// RFC 9110, 14.1.2: `bytes=5-9`, `bytes=5-`, `bytes=-9`. A last position beyond the end means the end; numbers that do
/// not fit 64 bits are larger than any size.
RangeVerdict judge_range(std::optional<std::string_view> header, std::uint64_t size);

/// "bytes 5-9/100"; for Kind::unsatisfiable "bytes */100".
std::string content_range(const RangeVerdict& verdict, std::uint64_t size);

}  // namespace slipway::http
