#include "platform/base/ids.h"

#include <catch2/catch.hpp>

using namespace slipway;

namespace {

class CountingRandom : public Random {
public:
    void fill(std::span<unsigned char> bytes) override {
        for (auto& byte : bytes) byte = next_++;
    }

private:
    unsigned char next_ = 0;
};

}  // namespace

TEST_CASE("identifiers are UUIDs of version 7 that sort by time") {
    CountingRandom random;
    const std::string early = make_uuid7(Time{1'645'557'742'000'000}, random);
    const std::string late = make_uuid7(Time{1'645'557'742'001'000}, random);
    CHECK(early.substr(0, 15) == "017f22e2-79b0-7");
    CHECK(is_uuid(early));
    CHECK(early < late);
    CHECK_FALSE(is_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"));
    CHECK_FALSE(is_uuid("017f22e279b07cc398c4dc0c0c07398f"));
}

TEST_CASE("names and versions hold what folder names may hold") {
    CHECK(is_name("web-01.shop_3"));
    CHECK(is_name(std::string(64, 'a')));
    CHECK_FALSE(is_name(std::string(65, 'a')));
    const char* bad_name = GENERATE("", "Web", "-a", ".a", "a/b", "a b", "\xc3\xa4");
    CHECK_FALSE(is_name(bad_name));
    CHECK(is_version("3.11.2-1+deb12u1"));
    const char* bad_version = GENERATE("", "..", "+1", "1/2", "1 2");
    CHECK_FALSE(is_version(bad_version));
}
