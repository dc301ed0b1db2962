#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::http {

/// A numeric address to listen on or to come from; never a name.
struct Address {
    std::string host;  ///< "127.0.0.1", "::1"
    std::uint16_t port = 0;

    bool operator==(const Address&) const = default;
};

/// "127.0.0.1:8440" or "[::1]:8440"; port 0 lets the system choose.
Result<Address> parse_address(std::string_view text);
std::string to_string(const Address& address);

}  // namespace slipway::http
