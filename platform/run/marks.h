#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/wire/report.h"

namespace slipway::run {

/// A line of the file `log.times`: "<log offset> <milliseconds since the attempt's start>", ended by a newline. Both
/// numbers only grow from line to line.
std::string encode(const wire::Mark& mark);
/// `line` without its newline. Nothing if it is no such line.
std::optional<wire::Mark> parse_mark(std::string_view line);

}  // namespace slipway::run
