#include "agent/attempt/summary.h"

#include <catch2/catch.hpp>

using slipway::attempt::LastLines;

TEST_CASE("the line that a summary quotes") {
    struct Case {
        const char* output;
        const char* line;
    };
    const Case cases[] = {
        {"", ""},
        {"\n\n  \n", ""},
        {"one\ntwo\n", "two"},
        {"nginx: [emerg] unknown directive \"foo\" in /x:3\nnginx: configuration file test done\nbye\n",
         "nginx: [emerg] unknown directive \"foo\" in /x:3"},
        {"error: first\nerror: second\nclosing\n", "error: second"},
        {"\x1b[31mError:\x1b[0m no\tspace\r\n", "Error: no space"},
        {"no newline: Permission denied", "no newline: Permission denied"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.output);
        LastLines lines;
        lines.feed(c.output);
        CHECK(lines.telling_line() == c.line);
    }
}

TEST_CASE("only the end of a long output is kept") {
    LastLines lines;
    lines.feed("error: long ago\n");
    for (int i = 0; i < 2000; ++i) lines.feed("line " + std::to_string(i) + "\n");
    CHECK(lines.telling_line() == "line 1999");
    lines.feed(std::string(100'000, 'x'));
    CHECK(lines.telling_line().size() == 4096);
}
