#include "platform/base/time.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "platform/base/bytes.h"

namespace slipway {
namespace {

using days = std::chrono::days;

struct Fields {
    std::chrono::year_month_day date;
    std::int64_t hour, minute, second, us;
    unsigned weekday;
};

Fields split(Time time) {
    const std::chrono::sys_time<Duration> moment{Duration{time.us}};
    const auto day = std::chrono::floor<days>(moment);
    const std::int64_t rest = (moment - day).count();
    return {std::chrono::year_month_day{day},
            rest / 3'600'000'000,
            rest / 60'000'000 % 60,
            rest / 1'000'000 % 60,
            rest % 1'000'000,
            std::chrono::weekday{day}.c_encoding()};
}

Result<Time> join(int year, unsigned month, unsigned day, int hour, int minute, int second, std::int64_t us) {
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return fail(Code::invalid, "not a valid date and time");
    const auto seconds = std::chrono::sys_days{date}.time_since_epoch().count() * std::int64_t{86'400} + hour * 3600 +
                         minute * 60 + second;
    return Time{seconds * 1'000'000 + us};
}

/// Takes `count` decimal digits off the front; -1 if they are not there.
int digits(std::string_view& text, std::size_t count) {
    int value = 0;
    if (text.size() < count) return -1;
    for (std::size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

void put_digits(std::string& text, std::size_t at, std::size_t count, std::int64_t value) {
    for (std::size_t i = at + count; i-- > at; value /= 10) text[i] = static_cast<char>('0' + value % 10);
}

bool literal(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

constexpr std::array<std::string_view, 7> weekday_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string to_rfc3339(Time time) {
    const Fields f = split(time);
    if (const int year = static_cast<int>(f.date.year()); year >= 0 && year <= 9999) {
        std::string text = "0000-00-00T00:00:00.000000Z";
        put_digits(text, 0, 4, year);
        put_digits(text, 5, 2, static_cast<unsigned>(f.date.month()));
        put_digits(text, 8, 2, static_cast<unsigned>(f.date.day()));
        put_digits(text, 11, 2, f.hour);
        put_digits(text, 14, 2, f.minute);
        put_digits(text, 17, 2, f.second);
        put_digits(text, 20, 6, f.us);
        return text;
    }
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(f.date.year()),
                  static_cast<unsigned>(f.date.month()), static_cast<unsigned>(f.date.day()), static_cast<int>(f.hour),
                  static_cast<int>(f.minute), static_cast<int>(f.second), static_cast<int>(f.us));
    return text.data();
}

Result<Time> from_rfc3339(std::string_view text) {
    const auto bad = [] { return fail(Code::invalid, "not an RFC 3339 time in UTC such as 2026-11-21T12:40:31Z"); };
    const int year = digits(text, 4);
    if (year < 0 || !literal(text, "-")) return bad();
    const int month = digits(text, 2);
    if (month < 0 || !literal(text, "-")) return bad();
    const int day = digits(text, 2);
    if (day < 0 || !literal(text, "T")) return bad();
    const int hour = digits(text, 2);
    if (hour < 0 || !literal(text, ":")) return bad();
    const int minute = digits(text, 2);
    if (minute < 0 || !literal(text, ":")) return bad();
    const int second = digits(text, 2);
    if (second < 0) return bad();
    std::int64_t us = 0;
    if (literal(text, ".")) {
        std::int64_t unit = 100'000;
        if (text.empty() || text.front() < '0' || text.front() > '9') return bad();
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            us += (text.front() - '0') * unit;
            unit /= 10;
            text.remove_prefix(1);
        }
    }
    if (text != "Z" && text != "+00:00") return bad();
    return join(year, static_cast<unsigned>(month), static_cast<unsigned>(day), hour, minute, second, us);
}

std::string to_http_date(Time time) {
    const Fields f = split(time);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", weekday_names[f.weekday].data(),
                  static_cast<unsigned>(f.date.day()), month_names[static_cast<unsigned>(f.date.month()) - 1].data(),
                  static_cast<int>(f.date.year()), static_cast<int>(f.hour), static_cast<int>(f.minute),
                  static_cast<int>(f.second));
    return text.data();
}

Result<Time> from_http_date(std::string_view text) {
    const auto bad = [] { return fail(Code::invalid, "not an HTTP date such as Sat, 21 Nov 2026 12:40:31 GMT"); };
    if (text.size() != 29) return bad();
    text.remove_prefix(3);
    if (!literal(text, ", ")) return bad();
    const int day = digits(text, 2);
    if (day < 0 || !literal(text, " ")) return bad();
    unsigned month = 0;
    while (month < month_names.size() && !text.starts_with(month_names[month])) ++month;
    if (month == month_names.size()) return bad();
    text.remove_prefix(3);
    if (!literal(text, " ")) return bad();
    const int year = digits(text, 4);
    if (year < 0 || !literal(text, " ")) return bad();
    const int hour = digits(text, 2);
    if (hour < 0 || !literal(text, ":")) return bad();
    const int minute = digits(text, 2);
    if (minute < 0 || !literal(text, ":")) return bad();
    const int second = digits(text, 2);
    if (second < 0 || text != " GMT") return bad();
    return join(year, month + 1, static_cast<unsigned>(day), hour, minute, second, 0);
}

Result<Duration> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    const std::int64_t seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86'400 : 0;
    constexpr std::int64_t seconds_max = 100ll * 366 * 86'400;
    if (error != std::errc{} || count < 0 || seconds == 0 || count > seconds_max / seconds)
        return fail(Code::invalid, "\"" + printable(text, 40) + "\" is not a duration such as 90s, 10m, 2h or 7d");
    return Duration{std::chrono::seconds{count * seconds}};
}

std::string format_duration(Duration duration) {
    const std::int64_t ms = duration.count() / 1000;
    std::array<char, 40> text{};
    if (ms < 1000) {
        std::snprintf(text.data(), text.size(), "%dms", static_cast<int>(ms));
    } else if (ms < 60'000) {
        std::snprintf(text.data(), text.size(), "%d.%ds", static_cast<int>(ms / 1000), static_cast<int>(ms / 100 % 10));
    } else if (ms < 3'600'000) {
        std::snprintf(text.data(), text.size(), "%dm %02ds", static_cast<int>(ms / 60'000),
                      static_cast<int>(ms / 1000 % 60));
    } else if (ms < 86'400'000) {
        std::snprintf(text.data(), text.size(), "%dh %02dm", static_cast<int>(ms / 3'600'000),
                      static_cast<int>(ms / 60'000 % 60));
    } else {
        std::snprintf(text.data(), text.size(), "%lldd %02dh", static_cast<long long>(ms / 86'400'000),
                      static_cast<int>(ms / 3'600'000 % 24));
    }
    return text.data();
}

}  // namespace slipway
