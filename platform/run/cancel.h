#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::run {

/// The link asks the attempt process to cancel: the file `cancel` holds the grace in whole seconds, as text. It needs
/// no sync: a cancel stands in every answer until the outcome is stored. Again with another grace: the file is
/// replaced.
Result<> write_cancel(os::Directory& attempt, std::int64_t grace_s);

/// Nothing if the text is no grace of 0 to limits::cancel_grace_s_max: then the order's own counts.
std::optional<std::int64_t> parse_cancel(std::string_view text);

}  // namespace slipway::run
