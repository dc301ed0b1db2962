#pragma once

#include <string>
#include <string_view>

#include "platform/json/fwd.h"

namespace slipway::json {

enum class Layout {
    compact,   ///< one line without blanks: what goes over the wire and into files
    indented,  ///< two blanks per level, for people
};

/// The text of a value, fields in the order in which they were added. Invalid UTF-8 becomes U+FFFD; what lies deeper
/// than limits::json_depth_max becomes null. Never fails.
std::string dump(const Value& value, Layout layout = Layout::compact);

/// `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD.
std::string quoted(std::string_view text);

}  // namespace slipway::json
