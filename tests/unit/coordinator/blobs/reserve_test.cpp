#include "coordinator/blobs/reserve.h"

#include <catch2/catch.hpp>

#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::blobs;

TEST_CASE("the reserve is made, given back and made again") {
    os::SystemFilesFixture files;
    Reserve reserve(files.root(), 1 << 20);
    CHECK(VALUE_OF(reserve.make()));
    CHECK(VALUE_OF(files.root().status("reserve"))->size == 1 << 20);
    CHECK(VALUE_OF(reserve.make()));
    REQUIRE_DONE(reserve.release());
    REQUIRE_DONE(reserve.release());
    CHECK_FALSE(VALUE_OF(files.root().status("reserve")));
    CHECK(VALUE_OF(reserve.make()));
}

TEST_CASE("a reserve that a crash left short is made whole") {
    os::SystemFilesFixture files;
    static_cast<void>(
        VALUE_OF(files.root().open("reserve", {.access = os::Access::write, .create = os::Create::exclusive})));
    Reserve reserve(files.root(), 1 << 20);
    CHECK(VALUE_OF(reserve.make()));
    CHECK(VALUE_OF(files.root().status("reserve"))->size == 1 << 20);
}

TEST_CASE("a disk without room for twice the reserve keeps what it has") {
    os::SystemFilesFixture files;
    const os::DiskSpace space = VALUE_OF(files.root().space());
    Reserve reserve(files.root(), space.free_bytes / 2 + (1 << 30));
    CHECK_FALSE(VALUE_OF(reserve.make()));
    CHECK_FALSE(VALUE_OF(files.root().status("reserve")));
}
