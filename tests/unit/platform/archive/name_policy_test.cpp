#include "platform/archive/name_policy.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::archive;

namespace {

std::string refusal_of(std::string_view name) {
    const auto components = entry_components(name, {});
    if (components) return "accepted";
    CHECK(components.error().reason == "archive_refused");
    return components.error().message;
}

}  // namespace

TEST_CASE("an entry's name becomes its components, without tar's ./ and a folder's slash") {
    using Components = std::vector<std::string_view>;
    CHECK(entry_components("a/b/c.txt", {}).value() == Components{"a", "b", "c.txt"});
    CHECK(entry_components("./a/", {}).value() == Components{"a"});
    CHECK(entry_components("./", {}).value().empty());
    CHECK(entry_components(".hidden/..b/c..d", {}).value() == Components{".hidden", "..b", "c..d"});
}

TEST_CASE("names that climb, begin at a root or hide something are refused and named") {
    const auto [name, what] = GENERATE(table<std::string, std::string>({
        {"../x", "climbs"},
        {"a/../x", "climbs"},
        {"/x", "absolute"},
        {"C:/x", "drive"},
        {"c:x", "drive"},
        {"//srv/x", "network"},
        {"\\\\srv\\x", "network"},
        {"", "empty"},
        {".", "\".\""},
        {"a/./b", "\".\""},
        {"a//b", "empty part"},
        {"a\nb", "control"},
        {std::string("a\0b", 3), "NUL"},
        {"a\xff", "UTF-8"},
        {"a\\b", "backslash"},
        {"ab:c", "colon"},
        {"a\xe2\x80\xae", "invisible"},
    }));
    INFO(name);
    CHECK(refusal_of(name).find(what) != std::string::npos);
}

TEST_CASE("names that Windows takes for devices, short names or other names are refused everywhere") {
    for (const std::string name :
         {"CON", "nul.txt", "dir/Aux", "COM1", "com9.log", "COM\xc2\xb9", "lpt0", "CONOUT$", "prn .x"})
        CHECK(refusal_of(name).find("device") != std::string::npos);
    for (const std::string name : {"PROGRA~1", "a~1", "FOO~12.TXT"})
        CHECK(refusal_of(name).find("short") != std::string::npos);
    for (const std::string name : {"a.", "a ", "a./b", "..."})
        CHECK(refusal_of(name).find("ends in a") != std::string::npos);
    for (const std::string name : {"CONFIG", "nullable.txt", "com", "com10", "lpt", "console", "file.txt~",
                                   "backup~1.tar.gz", "longername~1", "~1", " a", "a b", "-x"})
        CHECK(refusal_of(name) == "accepted");
}

TEST_CASE("a name is refused when it is not the only spelling of itself") {
    CHECK(refusal_of("\xc3\xa9") == "accepted");                                 // e with acute, one code point
    CHECK(refusal_of("e\xcc\x81").find("normal form") != std::string::npos);     // the same as two
    CHECK(refusal_of("\xe2\x84\xaa").find("normal form") != std::string::npos);  // Kelvin sign
    CHECK(refusal_of("\xe1\x84\x92\xe1\x85\xa1").find("normal form") != std::string::npos);  // Hangul in parts
    CHECK(refusal_of("\xed\x95\x98") == "accepted");                                         // Hangul
    CHECK(refusal_of("\xe0\xa6\xac\xe0\xa6\xbe") == "accepted");  // Bengali vowel that composes elsewhere
    CHECK(refusal_of("\xe0\xa6\x95\xe0\xa7\x87\xe0\xa6\xbe").find("normal form") != std::string::npos);
    CHECK(refusal_of("\xe0\xb8\x97\xe0\xb8\xb5\xe0\xb9\x88") == "accepted");  // Thai tone after a vowel
}

TEST_CASE("names that differ in case alone have one key") {
    CHECK(collision_key("README.md") == collision_key("readme.MD"));
    CHECK(collision_key("\xc3\x89") == collision_key("\xc3\xa9"));                  // E with acute
    CHECK(collision_key("\xce\xa3") == collision_key("\xcf\x82"));                  // sigma, final sigma
    CHECK(collision_key("\xd0\x96") == collision_key("\xd0\xb6"));                  // Cyrillic
    CHECK(collision_key("\xf0\x90\x90\x80") == collision_key("\xf0\x90\x90\xa8"));  // Deseret, beyond the first plane
    CHECK(collision_key("a") != collision_key("b"));
    CHECK(collision_key("\xe6\x97\xa5") == "\xe6\x97\xa5");
}

TEST_CASE("a name has as many bytes, parts and bytes in a part as the limits say and not one more") {
    const UnpackLimits limits;
    const auto nested = [](std::size_t folders) {
        std::string name;
        for (std::size_t i = 0; i < folders; ++i) name += "d/";
        return name + "f";
    };
    CHECK(entry_components(nested(limits::archive_depth_max - 1), limits));
    CHECK(entry_components(nested(limits::archive_depth_max), limits).error().code == Code::limit);
    CHECK(entry_components(std::string(limits::archive_component_bytes_max, 'n'), limits));
    CHECK(entry_components(std::string(limits::archive_component_bytes_max + 1, 'n'), limits).error().code ==
          Code::limit);
    std::string longest;
    while (longest.size() + 2 <= limits::archive_name_bytes_max - 200) longest += std::string(100, 'n') + "/";
    longest += std::string(limits::archive_name_bytes_max - longest.size(), 'n');
    REQUIRE(longest.size() == limits::archive_name_bytes_max);
    CHECK(entry_components(longest, limits));
    CHECK(entry_components(longest + "n", limits).error().message.find("(limit 1024)") != std::string::npos);
}

TEST_CASE("a link's target may go up and stay, but has no other liberties") {
    CHECK(link_components("l", "../a/./b/", {}).value() == std::vector<std::string_view>{"..", "a", ".", "b"});
    for (const std::string target : {"/etc", "C:/x", "a\\b", "NUL", "a//b", "", "a\nb"})
        CHECK_FALSE(link_components("l", target, {}));
}
