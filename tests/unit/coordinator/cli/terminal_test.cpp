#include <sstream>

#include <catch2/catch.hpp>

#include "coordinator/cli/did_you_mean.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/table.h"
#include "coordinator/cli/terminal_text.h"
#include "platform/base/limits.h"

using namespace slipway;
using namespace slipway::cli;

namespace {

struct Shown {
    std::ostringstream out, err;
    Screen screen{.out = out, .err = err};

    Screen terminal(int columns) {
        Screen wide = screen;
        wide.out_terminal = wide.err_terminal = {true, columns};
        return wide;
    }
};

Table two_rows() {
    Table table({{"NAME", {}, Column::Width::shrinks}, {"STATE"}, {"TOOK", Column::Align::right}});
    table.add({"a", Cell("succeeded", Colour::good), "9s"});
    table.add({"a much longer name", "failed", "12m"});
    return table;
}

class PushedClock final : public Clock {
public:
    Time wall() override { return {now}; }
    Steady steady() override { return {now}; }
    std::int64_t now = 0;
};

}  // namespace

TEST_CASE("text from elsewhere reaches a terminal without anything that controls it") {
    struct Case {
        std::string text, shown;
    };
    const auto [text, shown] = GENERATE(values<Case>({
        {"plain", "plain"},
        {"two\nlines\tand tab", "two lines and tab"},
        {"\x1b[31mred\x1b[0m", "red"},
        {"\x1b[2J\x1b[Hgone", "gone"},
        {"\x1b]0;title\x07text", "text"},
        {"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"},
        {"\x1bP$q\x1b\\x", "x"},
        {"a\x1b(Bb", "ab"},
        {"bell\x07 back\x08space\x7f", "bell backspace"},
        {"\xC2\x9B"
         "31mc1",
         "31mc1"},
        {"\xE2\x80\xAE"
         "cod.exe",
         "cod.exe"},
        {"zero\xE2\x80\x8Bwidth", "zerowidth"},
        {"bad \xFF utf8 \xC3", "bad \xEF\xBF\xBD utf8 \xEF\xBF\xBD"},
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD"},
        {"größe 日本", "größe 日本"},
    }));
    CHECK(one_line(text) == shown);
}

TEST_CASE("a log is filtered alike however its bytes are cut") {
    const std::string log = "a\x1b[1;31mred\x1b[0m\r\n50%\r100%\x1b[K\n\x1b]0;t\x07größe\x1b[5Ax\x1b[38;5;1my";
    const std::string whole = "a\x1b[1;31mred\x1b[0m\n50%\n100%\ngrößex\x1b[38;5;1my\x1b[0m";
    for (std::size_t piece = 1; piece < log.size(); ++piece) {
        LogFilter filter(LogFilter::Colours::keep);
        std::string out;
        for (std::size_t at = 0; at < log.size(); at += piece)
            out += filter.pass(std::string_view(log).substr(at, piece));
        CHECK(out + filter.end() == whole);
    }
    LogFilter plain(LogFilter::Colours::drop);
    std::string out = plain.pass(log);
    out += plain.end();
    CHECK(out == "ared\n50%\n100%\ngrößexy");
}

TEST_CASE("an escape sequence that never ends does not swallow the lines after it") {
    LogFilter filter(LogFilter::Colours::keep);
    CHECK(filter.pass("a\x1b]0;no end\nb\n\x1b[12\nc") == "a\nb\n\nc");
}

TEST_CASE("widths count columns, not bytes") {
    CHECK(width_of("größe") == 5);
    CHECK(width_of("日本") == 4);
    CHECK(width_of("e\xCC\x81") == 1);
    CHECK(cut_to("日本語", 5) == "日本…");
    CHECK(cut_to("日本語", 4) == "日…");
    CHECK(cut_to("abc", 3) == "abc");
    CHECK(cut_to("abcd", 3) == "ab…");
}

TEST_CASE_METHOD(Shown, "a table is aligned, and whole where there is no terminal") {
    CHECK(two_rows().text(screen) ==
          "NAME                STATE      TOOK\n"
          "a                   succeeded    9s\n"
          "a much longer name  failed      12m\n");
}

TEST_CASE_METHOD(Shown, "a table gives way to a narrow terminal in the columns that may shrink, down to eight") {
    CHECK(two_rows().text(terminal(30)) ==
          "NAME           STATE      TOOK\n"
          "a              succeeded    9s\n"
          "a much longe…  failed      12m\n");
    CHECK(two_rows().text(terminal(10)) ==
          "NAME      STATE      TOOK\n"
          "a         succeeded    9s\n"
          "a much …  failed      12m\n");
}

TEST_CASE_METHOD(Shown, "colours stand around words only when they are wanted") {
    CHECK(two_rows().text(screen).find('\x1b') == std::string::npos);
    Screen coloured = terminal(80);
    coloured.colours = true;
    CHECK(two_rows().text(coloured).find("\x1b[32msucceeded\x1b[0m") != std::string::npos);
}

TEST_CASE_METHOD(Shown, "a cell cannot bring a line or a control sequence of its own") {
    Table table({{"NAME"}});
    table.add({"a\n\x1b[2Jb"});
    CHECK(table.text(screen) == "NAME\na b\n");
}

TEST_CASE_METHOD(Shown, "facts without a value are left out") {
    Facts facts;
    facts.add("name", "a");
    facts.add("reason", "");
    facts.add("working", "b");
    CHECK(facts.text(screen) == "name:     a\nworking:  b\n");
}

TEST_CASE_METHOD(Shown, "progress is drawn on a terminal, at most ten times a second, and nowhere else") {
    PushedClock clock;
    {
        Progress silent(screen, clock, "Pushing", 100);
        silent.at(50);
    }
    CHECK(err.str().empty());
    {
        const Screen drawn = terminal(120);
        Progress progress(drawn, clock, "Pushing", 2048);
        for (const std::uint64_t at : {0u, 100u, 200u}) progress.at(at);
        clock.now = 2'000'000;
        progress.at(1024);
    }
    CHECK(err.str() ==
          "\r\x1b[KPushing  [..............................]  0 %  0 B of 2.0 KiB"
          "\r\x1b[KPushing  [###############...............]  50 %  1.0 KiB of 2.0 KiB  512 B/s  2.0s left"
          "\r\x1b[KPushing  [###############...............]  50 %  1.0 KiB of 2.0 KiB  512 B/s  2.0s left\n");
}

TEST_CASE("times and sizes are told in one unit") {
    const Time now{1'000'000'000'000'000};
    CHECK(relative(now - 59s, now) == "59s ago");
    CHECK(relative(now - 3h, now) == "3h ago");
    CHECK(relative(now + 90 * 24h, now) == "in 90d");
    CHECK(format_bytes(1023) == "1023 B");
    CHECK(format_bytes(1536) == "1.5 KiB");
    CHECK(format_bytes(limits::artifact_bytes_max) == "64.0 GiB");
}

TEST_CASE("every kind of error has its exit code") {
    struct Case {
        Code code;
        int exit;
    };
    const auto [code, exit] = GENERATE(values<Case>({{Code::invalid, 2},
                                                     {Code::limit, 2},
                                                     {Code::unsupported, 2},
                                                     {Code::unauthenticated, 3},
                                                     {Code::forbidden, 3},
                                                     {Code::not_found, 4},
                                                     {Code::conflict, 5},
                                                     {Code::unavailable, 6},
                                                     {Code::timed_out, 6},
                                                     {Code::canceled, 130},
                                                     {Code::disk_full, 1},
                                                     {Code::corrupt, 1},
                                                     {Code::io, 1},
                                                     {Code::internal, 1}}));
    CHECK(static_cast<int>(exit_code_of(code)) == exit);
}

TEST_CASE("a mistyped word finds its neighbour, a strange one does not") {
    CHECK(did_you_mean("input", {"task", "inputs"}) == "inputs");
    CHECK(did_you_mean("continue-on-error", {"continue_on_error"}) == "continue_on_error");
    CHECK(did_you_mean("lst", {"list", "show"}) == "list");
    CHECK(did_you_mean("banana", {"list", "show"}).empty());
    CHECK(did_you_mean(std::string(5000, 'a'), {std::string(5000, 'a')}).empty());
}
