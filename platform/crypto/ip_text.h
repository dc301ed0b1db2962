#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::crypto {

/// The 4 or 16 bytes of an address as text: IPv4 dotted, IPv6 per RFC 5952 (lower case, longest run of zeros as `::`).
Result<std::string> ip_to_text(std::string_view bytes);

}  // namespace slipway::crypto
