#include "tasks/copy/pattern.h"

#include <catch2/catch.hpp>

using slipway::tasks::copy::Patterns;

TEST_CASE("which paths a list of patterns means") {
    struct Case {
        const char* patterns;
        const char* path;
        bool taken;
    };
    const Case cases[] = {
        {"**", "a", true},
        {"**", "a/b/c", true},
        {"*", "a", true},
        {"*", "a/b", false},
        {"*.html", "index.html", true},
        {"*.html", "x.htm", false},
        {"*.html", ".html", true},
        {"a/*/c", "a/b/c", true},
        {"a/*/c", "a/b/b/c", false},
        {"a/**/c", "a/c", true},
        {"a/**/c", "a/b/b/c", true},
        {"a/**/c", "a/b", false},
        {"**/*.css", "x.css", true},
        {"**/*.css", "a/b/x.css", true},
        {"**/b/**/*.css", "a/b/c/b/d/x.css", true},
        {"conf/", "conf/x/y", true},
        {"conf/", "conf2/x", false},
        {"?.txt", "a.txt", true},
        {"?.txt", "ab.txt", false},
        {"*a*b*c*", "xxaxxbxxcxx", true},
        {"*a*b*c*", "xxaxxcxxbxx", false},
        {"./a", "a", true},
        {"**\n!*.key", "a.key", false},
        {"**\n!*.key", "b/a.key", true},
        {"**\n!**/*.key\n!secret/", "secret/x", false},
        {"**\n!**/*.key\npublic.key", "public.key", true},
        {"  a.txt \r\n\n b.txt", "b.txt", true},
        {"a.txt\nb.txt", "c.txt", false},
        {"!a", "b", false},
        {"", "a", false},
        {"[a]", "a", false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.patterns, c.path);
        CHECK(Patterns(c.patterns).match(c.path) == c.taken);
    }
}

TEST_CASE("a pattern made to be slow is not") {
    std::string stars, names;
    for (int i = 0; i < 40; ++i) {
        stars += "**/*a*a*a*a*/";
        names += std::string(60, 'a') + "/";
    }
    CHECK_FALSE(Patterns(stars + "x").match(names + "y"));
}
