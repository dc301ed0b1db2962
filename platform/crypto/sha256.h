#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "platform/base/bytes.h"

namespace slipway::crypto {

/// SHA-256 of bytes that come in pieces. A copy goes on by itself from the same middle state, so that a digest "so
/// far" can be kept. Not for two threads at once.
class Sha256 {
public:
    Sha256();
    Sha256(const Sha256& other);
    Sha256& operator=(const Sha256& other);
    Sha256(Sha256&& other) noexcept;  ///< the moved-from object may only be assigned to or destroyed
    Sha256& operator=(Sha256&& other) noexcept;
    ~Sha256();

    void update(std::string_view bytes);

    /// Of everything so far; more may follow.
    Digest hex() const;
    std::string raw() const;  ///< 32 bytes

private:
    struct State;
    std::unique_ptr<State> state_;
};

Digest sha256(std::string_view bytes);           ///< 64 lower-case hex digits
std::string sha256_raw(std::string_view bytes);  ///< 32 bytes

}  // namespace slipway::crypto
