#pragma once

#include <string_view>
#include <vector>

namespace slipway::crypto {

/// Bytes that are overwritten when they go: private keys as text, passwords. Moves, never copies by accident.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view bytes);
    Secret(Secret&& other) noexcept = default;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
    bool empty() const { return bytes_.empty(); }

private:
    void wipe();
    std::vector<char> bytes_;  // never a std::string: moving a short one leaves its bytes behind
};

}  // namespace slipway::crypto
