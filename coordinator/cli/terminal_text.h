#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::cli {

/// Text that came from elsewhere, safe to print on a terminal in one line: escape sequences, control characters
/// (C0, DEL, C1), marks that reorder text and characters without a width are left out, line ends and tabs become
/// blanks, invalid UTF-8 becomes U+FFFD.
std::string one_line(std::string_view text);

/// The columns that UTF-8 text takes: 2 for wide characters of East Asia and emoji, 0 for combining marks.
std::size_t width_of(std::string_view text);

/// The longest front part of at most `columns` columns; if anything was cut, its last column is "…".
std::string cut_to(std::string_view text, std::size_t columns);

/// A stream of bytes of a log, made safe for a terminal piece by piece; sequences and characters may be cut anywhere.
/// Like one_line(), but line ends and tabs stay, a lone carriage return becomes a line end, and with Colours::keep
/// the sequences that only choose colours (SGR) pass.
class LogFilter {
public:
    enum class Colours { keep, drop };
    explicit LogFilter(Colours colours) : colours_(colours) {}

    std::string pass(std::string_view bytes);
    std::string end();  ///< what closes an open colour

private:
    enum class State { text, escape, control_sequence, string, string_escape };

    void take(unsigned char byte, std::string& out);
    void take_text(unsigned char byte, std::string& out);
    void finish_character(std::string& out);

    Colours colours_;
    State state_ = State::text;
    std::string pending_;  ///< of an escape sequence, or of a character
    std::size_t wanted_ = 0;
    bool carriage_return_ = false;
    bool coloured_ = false;
};

}  // namespace slipway::cli
