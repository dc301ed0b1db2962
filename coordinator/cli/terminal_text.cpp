#include "coordinator/cli/terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "platform/base/bytes.h"

namespace slipway::cli {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::size_t sequence_bytes_max = 32;  // of an SGR sequence that passes

struct Interval {
    char32_t first;
    char32_t last;
};

template <std::size_t count>
bool within(char32_t character, const std::array<Interval, count>& intervals) {
    return std::ranges::any_of(intervals,
                               [&](const Interval& i) { return character >= i.first && character <= i.last; });
}

// Controls, and what shows nothing or turns the order of what follows: a name must not pass for another.
constexpr std::array<Interval, 13> invisible = {{{0x00, 0x1F},
                                                 {0x7F, 0x9F},
                                                 {0xAD, 0xAD},
                                                 {0x61C, 0x61C},
                                                 {0x115F, 0x1160},
                                                 {0x17B4, 0x17B5},
                                                 {0x180B, 0x180F},
                                                 {0x200B, 0x200F},
                                                 {0x2028, 0x202E},
                                                 {0x2060, 0x206F},
                                                 {0xFEFF, 0xFEFF},
                                                 {0xFFF9, 0xFFFB},
                                                 {0xE0000, 0xE0FFF}}};
constexpr std::array<Interval, 6> combining = {
    {{0x300, 0x36F}, {0x483, 0x489}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE2F}}};
constexpr std::array<Interval, 9> wide = {{{0x1100, 0x115E},
                                           {0x2E80, 0x303E},
                                           {0x3041, 0xA4CF},
                                           {0xAC00, 0xD7A3},
                                           {0xF900, 0xFAFF},
                                           {0xFE30, 0xFE6F},
                                           {0xFF00, 0xFF60},
                                           {0x1F300, 0x1FAFF},
                                           {0x20000, 0x3FFFD}}};

std::size_t length_by_first(unsigned char byte) {
    if (byte < 0x80) return 1;
    if (byte >= 0xC2 && byte <= 0xDF) return 2;
    if (byte >= 0xE0 && byte <= 0xEF) return 3;
    if (byte >= 0xF0 && byte <= 0xF4) return 4;
    return 0;
}

char32_t decoded(std::string_view valid) {
    const auto first = static_cast<unsigned char>(valid.front());
    if (valid.size() == 1) return first;
    char32_t character = first & (0xFFu >> (valid.size() + 1));
    for (const char c : valid.substr(1)) character = (character << 6) | (static_cast<unsigned char>(c) & 0x3Fu);
    return character;
}

/// The bytes of the first character of valid UTF-8.
std::string_view first_of(std::string_view valid) {
    return valid.substr(0, std::max<std::size_t>(1, length_by_first(static_cast<unsigned char>(valid.front()))));
}

std::size_t width_of(char32_t character) {
    if (within(character, combining) || within(character, invisible)) return 0;
    return within(character, wide) ? 2 : 1;
}

}  // namespace

std::string one_line(std::string_view text) {
    LogFilter filter(LogFilter::Colours::drop);
    std::string out = filter.pass(text);
    out += filter.end();
    std::ranges::replace_if(
        out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return out;
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const std::string_view character = first_of(text);
        width += width_of(decoded(character));
        text.remove_prefix(character.size());
    }
    return width;
}

std::string cut_to(std::string_view text, std::size_t columns) {
    if (width_of(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    std::size_t used = 0;
    std::string out;
    while (!text.empty()) {
        const std::string_view character = first_of(text);
        const std::size_t width = width_of(decoded(character));
        if (used + width > columns - 1) break;
        used += width;
        out += character;
        text.remove_prefix(character.size());
    }
    return out + "…";
}

std::string LogFilter::pass(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) take(static_cast<unsigned char>(c), out);
    return out;
}

std::string LogFilter::end() {
    std::string out;
    finish_character(out);
    if (carriage_return_) out += '\n';
    if (coloured_) out += "\x1b[0m";
    *this = LogFilter(colours_);
    return out;
}

// ECMA-48: ESC [ parameters, intermediates, one final byte; ESC ] P X ^ _ begin strings that BEL or ESC \ ends.
void LogFilter::take(unsigned char byte, std::string& out) {
    switch (state_) {
        case State::text: return take_text(byte, out);
        case State::escape:
            if (byte == '[') {
                state_ = State::control_sequence;
                pending_ = "\x1b[";
            } else if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_') {
                state_ = State::string;
            } else if (byte < 0x20 || byte > 0x2F) {  // those between stand before a final byte
                state_ = State::text;
            }
            return;
        case State::control_sequence:
            if (pending_.size() < sequence_bytes_max) pending_ += static_cast<char>(byte);
            if (byte >= 0x20 && byte < 0x40) return;
            state_ = State::text;
            if (byte == 'm' && colours_ == Colours::keep && pending_.back() == 'm' &&
                pending_.find_first_not_of("0123456789;:", 2) == pending_.size() - 1) {
                out += pending_;
                coloured_ = pending_ != "\x1b[m" && pending_ != "\x1b[0m";
            }
            pending_.clear();
            if (byte == '\n') out += '\n';
            return;
        case State::string:
            if (byte == 0x1b) state_ = State::string_escape;
            if (byte == 0x07) state_ = State::text;
            // A string that nobody ends must not swallow the rest of a log.
            if (byte == '\n') {
                state_ = State::text;
                out += '\n';
            }
            return;
        case State::string_escape: state_ = byte == '\\' ? State::text : State::string; return;
    }
}

void LogFilter::take_text(unsigned char byte, std::string& out) {
    if (wanted_ > 0 && byte >= 0x80 && byte < 0xC0) {
        pending_ += static_cast<char>(byte);
        if (pending_.size() == wanted_) finish_character(out);
        return;
    }
    finish_character(out);
    if (byte == '\r') {
        carriage_return_ = true;
        return;
    }
    if (std::exchange(carriage_return_, false) && byte != '\n') out += '\n';
    if (byte == '\n' || byte == '\t') {
        out += static_cast<char>(byte);
    } else if (byte == 0x1b) {
        state_ = State::escape;
    } else if (byte >= 0x20 && byte < 0x7F) {
        out += static_cast<char>(byte);
    } else if (byte >= 0x80) {
        wanted_ = length_by_first(byte);
        if (wanted_ == 0) out += replacement;
        if (wanted_ != 0) pending_ = static_cast<char>(byte);
    }
}

void LogFilter::finish_character(std::string& out) {
    if (wanted_ == 0) return;
    if (pending_.size() != wanted_ || !is_utf8(pending_))
        out += replacement;
    else if (!within(decoded(pending_), invisible))
        out += pending_;
    wanted_ = 0;
    pending_.clear();
}

}  // namespace slipway::cli
