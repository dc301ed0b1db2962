#pragma once

#include <algorithm>
#include <string_view>

namespace slipway {

/// Whether a text for people is one line: no control characters.
inline bool is_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace slipway
