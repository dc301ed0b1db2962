#include "tasks/copy/copy.h"

#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;

namespace {

/// A task's process without the process: inputs in, files changed.
struct CopyFixture {
    CopyFixture() {
        loop = VALUE_OF(os::make_event_loop(clock));
        launcher = VALUE_OF(os::make_launcher(*loop));
        source = VALUE_OF(disk.root().make_directory("source", 0755));
    }
    Result<> run(std::map<std::string, std::string> inputs) {
        std::map<std::string, std::string> environment = std::move(inputs);
        environment["PWD"] = disk.path();
        return tasks::copy::run({.environment = environment,
                                 .files = disk.files(),
                                 .loop = *loop,
                                 .launcher = *launcher,
                                 .clock = clock,
                                 .random = random,
                                 .executable = ""});
    }
    void put(const std::string& path, const std::string& bytes, std::uint32_t mode = 0644) {
        const auto parts = VALUE_OF(os::split_path(disk.path() + "/" + path));
        const auto folder = VALUE_OF(disk.files().make_directories(parts.directory, 0755));
        REQUIRE_DONE(os::replace_whole(*folder, parts.name, bytes));
        REQUIRE_DONE(VALUE_OF(folder->open(parts.name, {}))->set_mode(mode));
    }
    std::string text(const std::string& path) {
        const auto parts = VALUE_OF(os::split_path(disk.path() + "/" + path));
        auto folder = disk.files().open_directory(parts.directory);
        if (!folder) return "(missing)";
        return VALUE_OF(os::read_whole(**folder, parts.name, 1 << 24)).value_or("(missing)");
    }
    std::size_t count(const std::string& path) {
        return VALUE_OF(VALUE_OF(disk.files().open_directory(disk.path() + "/" + path))->list(100)).size();
    }

    os::SystemFilesFixture disk;
    os::SystemClock clock;
    os::SystemRandom random;
    std::unique_ptr<os::EventLoop> loop;
    std::unique_ptr<os::Launcher> launcher;
    std::unique_ptr<os::Directory> source;
};

}  // namespace

TEST_CASE("a folder is copied with its modes and links, beside what is there") {
    CopyFixture fixture;
    const std::string big(2'500'000, 'b');
    fixture.put("source/bin/run", "#!/bin/sh\n", 0755);
    fixture.put("source/big", big);
    fixture.put("source/empty/.keep", "");
    REQUIRE_DONE(fixture.source->make_link("current", "bin/run"));
    fixture.put("target/big", "old");
    fixture.put("target/other", "stays");
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", "source"}, {"INPUT_TO", "target"}}));
    CHECK((fixture.text("target/big") == big));
    CHECK(fixture.text("target/bin/run") == "#!/bin/sh\n");
    CHECK(fixture.text("target/other") == "stays");
    CHECK(fixture.text("target/empty/.keep") == "");
    const auto target = VALUE_OF(fixture.disk.root().open_directory("target"));
    CHECK(VALUE_OF(target->read_link("current")) == "bin/run");
    const auto bin = VALUE_OF(target->open_directory("bin"));
    CHECK(VALUE_OF(bin->status("run"))->mode == 0755);
    CHECK(VALUE_OF(target->status("bin"))->mode == 0755);
    CHECK(fixture.count("target") == 5);
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", "source"}, {"INPUT_TO", "target"}}));
    CHECK(fixture.count("target") == 5);
}

TEST_CASE("only what the patterns mean is copied, and no folder is made for nothing") {
    CopyFixture fixture;
    fixture.put("source/a.html", "a");
    fixture.put("source/docs/b.html", "b");
    fixture.put("source/keys/c.key", "c");
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", "source"}, {"INPUT_TO", "t/deep"}, {"INPUT_PATTERNS", "**/*.html\n"}}));
    CHECK(fixture.text("t/deep/a.html") == "a");
    CHECK(fixture.text("t/deep/docs/b.html") == "b");
    CHECK(fixture.count("t/deep") == 2);
    const auto none = fixture.run({{"INPUT_FROM", "source"}, {"INPUT_TO", "u"}, {"INPUT_PATTERNS", "*.css"}});
    REQUIRE_CODE(none, Code::invalid);
    CHECK_FALSE(VALUE_OF(fixture.disk.root().status("u")));
}

TEST_CASE("a single file goes into a folder or to a path of its own") {
    CopyFixture fixture;
    fixture.put("source/site", "bytes", 0600);
    fixture.put("target/x", "");
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", "source/site"}, {"INPUT_TO", "target"}}));
    CHECK(fixture.text("target/site") == "bytes");
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", fixture.disk.path() + "/source/site"}, {"INPUT_TO", "target/x"}}));
    CHECK(fixture.text("target/x") == "bytes");
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", "source/site"}, {"INPUT_TO", "new/folder/"}}));
    CHECK(fixture.text("new/folder/site") == "bytes");
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", "source/site"}, {"INPUT_TO", "other/name"}}));
    CHECK(fixture.text("other/name") == "bytes");
}

TEST_CASE("a file that is read while it is replaced stays whole for its reader") {
    CopyFixture fixture;
    fixture.put("source/f", "new");
    fixture.put("target/f", "old");
    const auto target = VALUE_OF(fixture.disk.root().open_directory("target"));
    const auto reader = VALUE_OF(target->open("f", {}));
    REQUIRE_DONE(fixture.run({{"INPUT_FROM", "source"}, {"INPUT_TO", "target"}}));
    CHECK(VALUE_OF(os::read_whole(*reader, 100)) == "old");
    CHECK(fixture.text("target/f") == "new");
}

TEST_CASE("a copy that cannot be made is refused and leaves nothing half made") {
    CopyFixture fixture;
    fixture.put("source/f", "new");
    REQUIRE_CODE(fixture.run({{"INPUT_FROM", "nowhere"}, {"INPUT_TO", "target"}}), Code::not_found);
    REQUIRE_CODE(fixture.run({{"INPUT_FROM", "source"}, {"INPUT_TO", "source/inside"}}), Code::invalid);
    CHECK(fixture.count("source") == 1);
    // A folder in the place of the file.
    fixture.put("target/f/x", "there");
    CHECK_FALSE(fixture.run({{"INPUT_FROM", "source"}, {"INPUT_TO", "target"}}));
    CHECK(fixture.text("target/f/x") == "there");
    CHECK(fixture.count("target") == 1);
}
