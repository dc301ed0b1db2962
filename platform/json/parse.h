#pragma once

#include <cstddef>
#include <string_view>

#include "platform/base/limits.h"
#include "platform/base/result.h"
#include "platform/json/value.h"

namespace slipway::json {

struct ParseLimits {
    std::size_t bytes_max = limits::json_bytes_max;
    std::size_t depth_max = limits::json_depth_max;
    std::size_t keys_max = limits::json_keys_max;  ///< of all objects of the text together
};

/// One JSON text (RFC 8259) from outside. Refuses what is larger, deeper or has more keys than the limits say
/// (Code::limit), and, as Code::invalid: a key twice in one object, text that is not UTF-8, a byte order mark, bytes
/// after the value, an integer that fits neither int64 nor uint64, a number too large for a double. Every event is
/// judged before anything is built from it, so no value ever exists that breaks a limit. The message names the JSON
/// pointer or the byte. Reason: `invalid_json` or `json_limit`. May be called from any thread.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

}  // namespace slipway::json
