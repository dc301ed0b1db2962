#include "platform/os/reserve.h"

#include <catch2/catch.hpp>

#include "platform/os/memory/memory_files.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

namespace {

constexpr std::uint64_t size = 1 << 20;

/// A disk in memory, so that it can be full.
struct Disk {
    Disk() : state(VALUE_OF(files.make_directories("/state", 0700))), reserve(*state, size) {}

    [[nodiscard]] bool has_reserve() { return VALUE_OF(state->status("reserve")).has_value(); }
    Result<> write(std::string_view bytes) {
        TRY_ASSIGN(const auto file, state->open("file", {.access = Access::write, .create = Create::if_missing}));
        return file->append(bytes);
    }

    ManualClock clock;
    MemoryFiles files{clock};
    std::unique_ptr<Directory> state;
    Reserve reserve;
};

}  // namespace

TEST_CASE("the reserve is made, given back and made again") {
    SystemFilesFixture files;
    Reserve reserve(files.root(), size);
    CHECK(VALUE_OF(reserve.make()));
    CHECK(VALUE_OF(files.root().status("reserve"))->size == size);
    CHECK(VALUE_OF(reserve.make()));
    CHECK(VALUE_OF(reserve.release()));
    CHECK_FALSE(VALUE_OF(reserve.release()));
    CHECK_FALSE(VALUE_OF(files.root().status("reserve")));
    CHECK(VALUE_OF(reserve.make()));
}

TEST_CASE("a reserve that a crash left short is made whole") {
    SystemFilesFixture files;
    static_cast<void>(VALUE_OF(files.root().open("reserve", {.access = Access::write, .create = Create::exclusive})));
    Reserve reserve(files.root(), size);
    CHECK(VALUE_OF(reserve.make()));
    CHECK(VALUE_OF(files.root().status("reserve"))->size == size);
}

TEST_CASE("a disk without room for twice the reserve keeps what it has") {
    SystemFilesFixture files;
    const DiskSpace space = VALUE_OF(files.root().space());
    Reserve reserve(files.root(), space.free_bytes / 2 + (1 << 30));
    CHECK_FALSE(VALUE_OF(reserve.make()));
    CHECK_FALSE(VALUE_OF(files.root().status("reserve")));
}

TEST_CASE("a write that meets a full disk is done with the space of the reserve") {
    Disk disk;
    REQUIRE(VALUE_OF(disk.reserve.make()));
    int writes = 0;
    const auto write = [&]() -> Result<> {
        ++writes;
        disk.files.set_free_bytes(disk.has_reserve() ? 3 : size);
        return disk.write("outcome");
    };
    REQUIRE_DONE(disk.reserve.or_release(write));
    CHECK(writes == 2);
    CHECK_FALSE(disk.has_reserve());
}

TEST_CASE("without a reserve a write that meets a full disk is not repeated") {
    Disk disk;
    int writes = 0;
    const auto write = [&]() -> Result<> {
        ++writes;
        disk.files.set_free_bytes(3);
        return disk.write("outcome");
    };
    REQUIRE_CODE(disk.reserve.or_release(write), Code::disk_full);
    CHECK(writes == 1);
}

TEST_CASE("the reserve goes before a write has to fail, and not earlier") {
    Disk disk;
    REQUIRE(VALUE_OF(disk.reserve.make()));
    disk.files.set_free_bytes(size / 8);
    CHECK_FALSE(VALUE_OF(disk.reserve.release_if_low()));
    disk.files.set_free_bytes(size / 8 - 1);
    CHECK(VALUE_OF(disk.reserve.release_if_low()));
    CHECK_FALSE(disk.has_reserve());
}

TEST_CASE("what can wait is admitted while the reserve is there, or as much is free") {
    Disk disk;
    REQUIRE(VALUE_OF(disk.reserve.make()));
    disk.files.set_free_bytes(0);
    REQUIRE_DONE(disk.reserve.admit());
    REQUIRE(VALUE_OF(disk.reserve.release()));
    disk.files.set_free_bytes(size - 1);
    REQUIRE_CODE(disk.reserve.admit(), Code::disk_full);
    disk.files.set_free_bytes(size);
    REQUIRE_DONE(disk.reserve.admit());
}
