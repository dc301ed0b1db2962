#include "coordinator/core/demand.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::core;

TEST_CASE("a demand asks that a capability exists or equals a value") {
    CHECK(parse_demand("nginx").value() == Demand{"nginx", std::nullopt});
    CHECK(parse_demand(" nginx  exists ").value() == Demand{"nginx", std::nullopt});
    CHECK(parse_demand("os -equals linux").value() == Demand{"os", "linux"});
    CHECK(parse_demand("Agent.OS -equals Debian GNU/Linux 12").value() == Demand{"Agent.OS", "Debian GNU/Linux 12"});
    CHECK(format_demand({"os", "linux"}) == "os -equals linux");
    const char* bad = GENERATE("", " ", "os -equals", "os equals linux", "os -gt 3", "a/b", "na\xc3\xafve");
    CHECK_FALSE(parse_demand(bad));
    CHECK_FALSE(parse_demand(std::string(65, 'a')));
    CHECK_FALSE(parse_demand("os -equals " + std::string(256, 'a')));
}

TEST_CASE("an agent fits when it has all that is demanded") {
    const Capabilities has = {{"os", "linux"}, {"nginx", "1.22"}};
    CHECK(fits(has, {}));
    CHECK(fits(has, {{"nginx", std::nullopt}, {"os", "linux"}}));
    CHECK_FALSE(fits(has, {{"nginx", std::nullopt}, {"os", "windows"}}));
    CHECK_FALSE(fits(has, {{"docker", std::nullopt}}));
}
