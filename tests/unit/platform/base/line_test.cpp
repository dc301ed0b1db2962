#include "platform/base/line.h"

#include <catch2/catch.hpp>

namespace slipway {

TEST_CASE("a line holds no control characters") {
    CHECK(is_line(""));
    CHECK(is_line("na\xc3\xafve"));
    for (const char* text : {"a\nb", "\r", "\t", "\x7f", "\x1b[2J"}) CHECK_FALSE(is_line(text));
}

}  // namespace slipway
