#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway {

using Duration = std::chrono::microseconds;
using namespace std::chrono_literals;

/// A moment of the wall clock, in microseconds since 1970 UTC: what is stored and shown, never what a time-out counts
/// by.
struct Time {
    std::int64_t us = 0;
    auto operator<=>(const Time&) const = default;
};

/// A moment of a clock that only grows (CLOCK_BOOTTIME), of no meaning outside its boot: what time-outs count by.
struct Steady {
    std::int64_t us = 0;
    auto operator<=>(const Steady&) const = default;
};

inline Time operator+(Time t, Duration d) { return {t.us + d.count()}; }
inline Time operator-(Time t, Duration d) { return {t.us - d.count()}; }
inline Duration operator-(Time a, Time b) { return Duration{a.us - b.us}; }
inline Steady operator+(Steady t, Duration d) { return {t.us + d.count()}; }
inline Duration operator-(Steady a, Steady b) { return Duration{a.us - b.us}; }

/// The only way to ask for the time. May be called from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time wall() = 0;
    virtual Steady steady() = 0;
};

/// RFC 3339 in UTC with microseconds: 2026-11-21T12:40:31.000000Z
std::string to_rfc3339(Time time);
Result<Time> from_rfc3339(std::string_view text);

/// RFC 9110 section 5.6.7, as in the Date header: Sat, 21 Nov 2026 12:40:31 GMT
std::string to_http_date(Time time);
Result<Time> from_http_date(std::string_view text);

/// Durations in files: a whole number and one unit of s, m, h, d ("90s", "10m", "2h", "7d").
Result<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);  ///< for people: "350ms", "12.3s", "4m 05s", "2h 07m", "3d 04h"

}  // namespace slipway
