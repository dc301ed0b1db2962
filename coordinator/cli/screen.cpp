#include "coordinator/cli/screen.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "coordinator/cli/terminal_text.h"

namespace slipway::cli {
namespace {

constexpr std::array<std::string_view, 5> beginnings = {"", "\x1b[32m", "\x1b[31m", "\x1b[36m", "\x1b[2m"};

template <std::size_t count>
bool one_of(std::string_view word, const std::array<std::string_view, count>& words) {
    return std::ranges::find(words, word) != words.end();
}

/// Coarser than format_duration: a table needs the order of magnitude.
std::string rough(Duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    if (seconds < 1min) return std::to_string(seconds.count()) + "s";
    if (seconds < 1h) return std::to_string(seconds / 1min) + "m";
    if (seconds < 24h) return std::to_string(seconds / 1h) + "h";
    return std::to_string(seconds / 24h) + "d";
}

}  // namespace

std::string Screen::paint(std::string_view text, Colour colour) const {
    if (!colours || colour == Colour::none) return std::string(text);
    return std::string(beginnings.at(static_cast<std::size_t>(colour))) + std::string(text) + "\x1b[0m";
}

void Screen::note(std::string_view text) const { err << one_line(text) << "\n" << std::flush; }

std::string relative(Time time, Time now) {
    return now >= time ? rough(now - time) + " ago" : "in " + rough(time - now);
}

std::string format_bytes(std::uint64_t bytes) {
    constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return std::to_string(bytes) + " B";
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", value, units.at(unit));
    return text.data();
}

Colour colour_of_state(std::string_view state) {
    constexpr std::array<std::string_view, 3> good = {"succeeded", "online", "open"};
    constexpr std::array<std::string_view, 6> bad = {"failed", "lost", "unknown", "conflicted", "revoked", "expired"};
    constexpr std::array<std::string_view, 4> active = {"running", "leased", "received", "canceling"};
    constexpr std::array<std::string_view, 6> quiet = {"canceled", "skipped", "pending", "offline", "used", "disabled"};
    if (one_of(state, good)) return Colour::good;
    if (one_of(state, bad)) return Colour::bad;
    if (one_of(state, active)) return Colour::active;
    if (one_of(state, quiet)) return Colour::quiet;
    return Colour::none;
}

}  // namespace slipway::cli
