#include "platform/os/memory/memory_files.h"

#include <set>

#include "platform/os/file_steps.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

namespace {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<unsigned char> bytes) override {
        for (unsigned char& byte : bytes) {
            state_ = state_ * 6364136223846793005u + 1442695040888963407u;
            byte = static_cast<unsigned char>(state_ >> 56);
        }
    }

private:
    std::uint64_t state_;
};

/// What can be found after a power cut, over many cuts; `act` works in a directory that is durable.
template <typename Act>
std::set<std::string> outcomes(Act act, std::string_view name) {
    std::set<std::string> found;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        ManualClock clock;
        MemoryFiles files(clock);
        const auto top = VALUE_OF(files.open_directory("/"));
        auto folder = VALUE_OF(top->make_directory("d", 0700));
        REQUIRE_DONE(top->sync());
        act(*folder);
        SeededRandom random(seed);
        files.power_cut(random);
        REQUIRE_CODE(folder->status("x"), Code::io);
        const auto again = VALUE_OF(files.open_directory("/d"));
        const auto bytes = VALUE_OF(read_whole(*again, name, 1000));
        found.insert(bytes ? *bytes : "absent");
    }
    return found;
}

using Outcomes = std::set<std::string>;

}  // namespace

TEST_CASE("what is not synced may be lost, kept or torn by a power cut") {
    const auto written = outcomes(
        [](Directory& folder) {
            auto file = VALUE_OF(folder.open("f", {.access = Access::write, .create = Create::exclusive}));
            REQUIRE_DONE(folder.sync());
            REQUIRE_DONE(file->append("abc"));
        },
        "f");
    CHECK(written == Outcomes{"", "a", "ab", "abc"});
    const auto two = outcomes(
        [](Directory& folder) {
            auto file = VALUE_OF(folder.open("f", {.access = Access::write, .create = Create::exclusive}));
            REQUIRE_DONE(folder.sync());
            REQUIRE_DONE(file->append("1"));
            REQUIRE_DONE(file->append("2"));
        },
        "f");
    CHECK(two == Outcomes{"", "1", "12", std::string("\0002", 2)});
}

TEST_CASE("synced bytes are kept, a name only after its directory is synced") {
    const auto unnamed = outcomes(
        [](Directory& folder) {
            auto file = VALUE_OF(folder.open("f", {.access = Access::write, .create = Create::exclusive}));
            REQUIRE_DONE(file->append("abc"));
            REQUIRE_DONE(file->sync_data());
        },
        "f");
    CHECK(unnamed == Outcomes{"absent", "abc"});
    const auto named = outcomes(
        [](Directory& folder) {
            auto file = VALUE_OF(folder.open("f", {.access = Access::write, .create = Create::exclusive}));
            REQUIRE_DONE(file->append("abc"));
            REQUIRE_DONE(file->sync_data());
            REQUIRE_DONE(folder.sync());
            REQUIRE_DONE(folder.remove("f"));
            REQUIRE_DONE(folder.sync());
            REQUIRE_DONE(create_durably(folder, "f", "def"));
        },
        "f");
    CHECK(named == Outcomes{"def"});
}

TEST_CASE("replacing durably leaves the old bytes or the new ones at every moment") {
    // The power goes at each operation in turn.
    for (int last = 0; last < 8; ++last) {
        const auto found = outcomes(
            [last](Directory& folder) {
                REQUIRE_DONE(replace_durably(folder, "f", "old"));
                auto file = VALUE_OF(folder.open(".f.new", {.access = Access::write, .create = Create::exclusive}));
                if (last > 0) REQUIRE_DONE(file->write_at(0, "new"));
                if (last > 1) REQUIRE_DONE(file->sync());
                if (last > 2) REQUIRE_DONE(folder.rename(".f.new", folder, "f", Replace::yes));
                if (last > 3) REQUIRE_DONE(folder.sync());
            },
            "f");
        CHECK(found == (last <= 2 ? Outcomes{"old"} : last == 3 ? Outcomes{"new", "old"} : Outcomes{"new"}));
    }
    // Without the sync of the file the name may come before the bytes.
    const auto careless = outcomes(
        [](Directory& folder) {
            REQUIRE_DONE(replace_durably(folder, "f", "old"));
            REQUIRE_DONE(replace_whole(folder, "f", "new"));
        },
        "f");
    CHECK(careless.contains(""));
}

TEST_CASE("a renaming inside a directory is kept or lost as one") {
    const auto act = [](Directory& folder) {
        REQUIRE_DONE(create_durably(folder, "a", "A"));
        REQUIRE_DONE(folder.rename("a", folder, "b", Replace::no));
    };
    CHECK(outcomes(act, "a") == Outcomes{"A", "absent"});
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        ManualClock clock;
        MemoryFiles files(clock);
        act(*VALUE_OF(files.open_directory("/")));
        SeededRandom random(seed);
        files.power_cut(random);
        CHECK(VALUE_OF(VALUE_OF(files.open_directory("/"))->list(10)).size() == 1);
    }
}

TEST_CASE("a crash of the process keeps everything and frees its locks") {
    MemoryFilesFixture fixture;
    fixture.files().set_process_id(77);
    auto lock = VALUE_OF(fixture.root().lock("lock"));
    auto file = VALUE_OF(fixture.root().open("f", {.access = Access::write, .create = Create::exclusive}));
    REQUIRE_DONE(file->append("abc"));
    CHECK(fixture.root().lock("lock").error().message.find("process 77 ") != std::string::npos);
    fixture.files().process_crash();
    CHECK(VALUE_OF(read_whole(fixture.root(), "f", 10)) == "abc");
    auto again = VALUE_OF(fixture.root().lock("lock"));
    lock.reset();
    REQUIRE_CODE(fixture.root().lock("lock"), Code::conflict);
}

TEST_CASE("a disk in memory can be full") {
    MemoryFilesFixture fixture;
    auto file = VALUE_OF(fixture.root().open("f", {.access = Access::write, .create = Create::exclusive}));
    fixture.files().set_free_bytes(5);
    REQUIRE_DONE(file->append("abc"));
    REQUIRE_CODE(file->append("defg"), Code::disk_full);
    CHECK(VALUE_OF(read_whole(fixture.root(), "f", 10)) == "abcde");
    REQUIRE_DONE(file->write_at(0, "A"));
    REQUIRE_CODE(replace_durably(fixture.root(), "f", "new"), Code::disk_full);
    CHECK(VALUE_OF(fixture.root().list(10)).size() == 1);
    fixture.files().set_free_bytes(std::nullopt);
    REQUIRE_DONE(replace_durably(fixture.root(), "f", "new"));
}

TEST_CASE("any operation in memory can be made to fail") {
    MemoryFilesFixture fixture;
    fixture.files().on_operation([](std::string_view operation, const std::string& path) -> std::optional<Error> {
        if (operation == "sync" && path.ends_with(".new")) return Error{Code::io, "syncing " + path + ": broken"};
        return std::nullopt;
    });
    REQUIRE_CODE(replace_durably(fixture.root(), "f", "new"), Code::io);
    CHECK(VALUE_OF(fixture.root().list(10)).empty());
}
