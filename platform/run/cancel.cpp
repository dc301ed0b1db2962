#include "platform/run/cancel.h"

#include <charconv>
#include <string>

#include "platform/base/limits.h"
#include "platform/os/file_steps.h"
#include "platform/run/names.h"

namespace slipway::run {

Result<> write_cancel(os::Directory& attempt, std::int64_t grace_s) {
    return os::replace_whole(attempt, cancel_name, std::to_string(grace_s));
}

std::optional<std::int64_t> parse_cancel(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (seconds < 0 || seconds > limits::cancel_grace_s_max) return std::nullopt;
    return seconds;
}

}  // namespace slipway::run
