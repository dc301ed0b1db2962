#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/base/time.h"

namespace slipway {

/// Randomness comes in through this, so that a simulation can choose it. May be called from any thread.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<unsigned char> bytes) = 0;

    std::uint64_t number();
    std::uint64_t below(std::uint64_t bound);  ///< uniform in [0, bound); bound > 0
    std::string bytes(std::size_t count);
};

/// UUIDv7 (RFC 9562) as text, the only form that leaves a program: sorts by the time it was made.
std::string make_uuid7(Time now, Random& random);
bool is_uuid(std::string_view text);

/// [a-z0-9][a-z0-9._-]{0,63}: agents, pools, artifacts, aliases, tokens.
bool is_name(std::string_view text);
/// [A-Za-z0-9][A-Za-z0-9._+-]{0,63}: artifact versions. They become folder names.
bool is_version(std::string_view text);

}  // namespace slipway
