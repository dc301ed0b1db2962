#pragma once

#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/base/line.h"
#include "platform/json/reader.h"

/// What names and versions in requests have to be; openapi.yaml says the same.
namespace slipway::api {

inline constexpr json::Text name_text{
    .bytes_max = 64, .valid = is_name, .expected = "a name of a-z 0-9 . _ - that begins with a letter or digit"};
inline constexpr json::Text title_text{.bytes_min = 1,
                                       .bytes_max = limits::title_bytes_max,
                                       .valid = is_line,
                                       .expected = "one line without control characters"};
inline constexpr json::Text version_text{
    .bytes_max = 64, .valid = is_version, .expected = "a version of letters, digits and . _ + -"};

}  // namespace slipway::api
