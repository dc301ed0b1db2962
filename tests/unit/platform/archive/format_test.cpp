#include "platform/archive/format.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::archive;
using namespace std::string_view_literals;

TEST_CASE("a format is told by its first bytes") {
    CHECK(detect_format("\x1f\x8b\x08\0"sv).value() == Format::tar_gz);
    CHECK(detect_format("\xfd\x37zXZ\0\0\4"sv).value() == Format::tar_xz);
    CHECK(detect_format("\x28\xb5\x2f\xfd"sv).value() == Format::tar_zst);
    CHECK(detect_format("PK\3\4"sv).value() == Format::zip);
    std::string block(512, '\0');
    block[0] = 'a';
    block.replace(148, 6, "000541");
    CHECK(detect_format(block).value() == Format::tar);
    block[1] = 'b';
    CHECK(detect_format(block).error().message.find("not known") != std::string::npos);
}

TEST_CASE("other formats are refused by name and not looked into") {
    const auto [bytes, name] =
        GENERATE(table<std::string, std::string>({{"Rar!\x1a\x07", "RAR"},
                                                  {"7z\xbc\xaf\x27\x1c", "7z"},
                                                  {"MSCF", "CAB"},
                                                  {"BZh9", "bzip2"},
                                                  {std::string(0x8001, '\0') + "CD001", "ISO"}}));
    const auto format = detect_format(bytes);
    REQUIRE_FALSE(format);
    CHECK(format.error().reason == "archive_refused");
    CHECK(format.error().message.find(name) != std::string::npos);
}

TEST_CASE("a file's name may not promise another format than it holds") {
    CHECK(check_extension("site.tar.gz", Format::tar_gz));
    CHECK(check_extension("SITE.TGZ", Format::tar_gz));
    CHECK(check_extension("site-3.11", Format::zip));
    CHECK_FALSE(check_extension("site.zip", Format::tar_gz));
    CHECK_FALSE(check_extension("site.tar", Format::tar_xz));
    CHECK_FALSE(check_extension("site.rar", Format::zip));
}
