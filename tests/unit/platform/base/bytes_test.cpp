#include "platform/base/bytes.h"

#include <catch2/catch.hpp>

using namespace slipway;

TEST_CASE("hex goes both ways and refuses what is not hex") {
    CHECK(to_hex(std::string_view("\x00\xff\x10", 3)) == "00ff10");
    CHECK(from_hex("00ff10").value() == std::string_view("\x00\xff\x10", 3));
    CHECK_FALSE(from_hex("0"));
    CHECK_FALSE(from_hex("zz"));
}

TEST_CASE("base64 follows the vectors of RFC 4648") {
    const auto [plain, encoded] = GENERATE(table<std::string, std::string>({{"", ""},
                                                                            {"f", "Zg=="},
                                                                            {"fo", "Zm8="},
                                                                            {"foo", "Zm9v"},
                                                                            {"foob", "Zm9vYg=="},
                                                                            {"fooba", "Zm9vYmE="},
                                                                            {"foobar", "Zm9vYmFy"}}));
    CHECK(to_base64(plain) == encoded);
    CHECK(from_base64(encoded).value() == plain);
}

TEST_CASE("base64 has one spelling for each value") {
    CHECK_FALSE(from_base64("Zg"));     // not padded
    CHECK_FALSE(from_base64("Zh=="));   // spare bits set
    CHECK_FALSE(from_base64("Zg=\n"));  // white space
    CHECK_FALSE(from_base64("Z==="));   // too much padding
    CHECK(to_base64url("\xfb\xff") == "-_8");
    CHECK(from_base64url("-_8").value() == "\xfb\xff");
    CHECK_FALSE(from_base64url("-_8="));
}

TEST_CASE("checksums follow their published check values") {
    CHECK(crc32("123456789") == 0xCBF43926u);
    CHECK(crc32c("123456789") == 0xE3069283u);
    CHECK(crc32c("6789", crc32c("12345")) == crc32c("123456789"));
}

TEST_CASE("text for messages hides control characters and broken UTF-8") {
    CHECK(printable("na\xc3\xafve") == "na\xc3\xafve");
    CHECK(printable("a\x1b[31m\n") == "a\\x1b[31m\\x0a");
    CHECK(printable("\xff\"") == "\\xff\\x22");
    CHECK(printable("aaaaaaaaaa", 4) == "aaaa...");
    CHECK_FALSE(is_utf8("\xc0\xaf"));      // overlong
    CHECK_FALSE(is_utf8("\xed\xa0\x80"));  // surrogate
    CHECK(is_utf8("\xf0\x9f\x9a\xa2"));
}

TEST_CASE("one broken byte is found wherever it stands in a long text") {
    const std::string text =
        "a plain text of many bytes with n\xc3\xafve ones among them, long enough for several words";
    CHECK(is_utf8(text));
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string broken = text;
        broken[at] = '\xff';
        CHECK_FALSE(is_utf8(broken));
        CHECK_FALSE(is_utf8(std::string_view(broken).substr(0, at + 1)));
    }
}
