// What only the system's own files can show.

#include "platform/os/files.h"

#include <thread>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "platform/os/file_steps.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

TEST_CASE("a named pipe in the place of a file is refused without waiting for its other end") {
    SystemFilesFixture fixture;
    REQUIRE(::mkfifo((fixture.path() + "/log").c_str(), 0600) == 0);
    REQUIRE_CODE(fixture.root().open("log", {}), Code::conflict);
    REQUIRE_CODE(fixture.root().open("log", {.access = Access::write}), Code::conflict);
    REQUIRE_CODE(read_whole(fixture.root(), "log", 10), Code::conflict);
    REQUIRE_CODE(open_trusted(fixture.root(), "log", Access::read, fixture.user()), Code::corrupt);
}

TEST_CASE("errors of the system name operation, path and reason") {
    SystemFilesFixture fixture;
    const auto missing = fixture.root().open("none", {});
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().message == "opening " + fixture.path() + "/none: No such file or directory");
    const auto refused = make_system_files()->open_directory("/proc/1/nothing/here");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("/proc/1/nothing/here") != std::string::npos);
}

TEST_CASE("a full disk is disk_full and leaves no temporary file") {
    SystemFilesFixture fixture;
    const auto folder = VALUE_OF(fixture.root().make_directory("small", 0700));
    const std::string path = fixture.path() + "/small";
    REQUIRE(::mount("none", path.c_str(), "tmpfs", 0, "size=64k") == 0);
    {
        const auto small = VALUE_OF(fixture.files().open_directory(path));
        REQUIRE_DONE(replace_durably(*small, "state", "old"));
        const std::string large(256 * 1024, 'x');
        REQUIRE_CODE(replace_durably(*small, "state", large), Code::disk_full);
        CHECK(VALUE_OF(read_whole(*small, "state", 10)) == "old");
        CHECK(VALUE_OF(small->list(10)).size() == 1);
        const auto file = VALUE_OF(small->open("more", {.access = Access::write, .create = Create::exclusive}));
        REQUIRE_CODE(file->append(large), Code::disk_full);
        REQUIRE_CODE(file->allocate(large.size()), Code::disk_full);
        // What is mounted inside a tree is not removed with it.
        REQUIRE_CODE(fixture.root().remove_tree("small"), Code::conflict);
        CHECK(VALUE_OF(read_whole(*small, "state", 10)) == "old");
    }
    REQUIRE(::umount2(path.c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a user without privileges removes a tree of closed directories") {
    SystemFilesFixture fixture;
    REQUIRE(::chmod(fixture.path().c_str(), 0777) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(9);
        const auto root = make_system_files()->open_directory(fixture.path());
        const auto tree = root ? (*root)->make_directory("tree", 0700) : fail(Code::io, "");
        if (!tree) ::_exit(8);
        std::unique_ptr<Directory> folder = std::move(*(*tree)->make_directory("first", 0700));
        for (int depth = 0; depth < 50; ++depth) {
            auto next = folder->make_directory("d", 0700);
            if (!next || !folder->open("f", {.access = Access::write, .create = Create::exclusive})) ::_exit(7);
            if (!folder->set_mode(depth % 2 == 0 ? 0 : 0500)) ::_exit(6);
            folder = std::move(*next);
        }
        const auto removed = (*root)->remove_tree("tree");
        ::_exit(removed.has_value() && !*(*root)->status("tree") ? 0 : 5);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a lock is free again when its process is killed") {
    SystemFilesFixture fixture;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto lock = fixture.root().lock("lock");
        [[maybe_unused]] const auto wrote = ::write(ready[1], "x", 1);
        for (;;) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    const auto refused = fixture.root().lock("lock");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("process " + std::to_string(child)) != std::string::npos);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(fixture.root().lock("lock").has_value());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("of many who claim one name by renaming, exactly one wins") {
    SystemFilesFixture fixture;
    for (int i = 0; i < 8; ++i) VALUE_OF(fixture.root().make_directory("next-" + std::to_string(i), 0700));
    std::atomic<int> winners = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            const auto root = make_system_files()->open_directory(fixture.path());
            if ((*root)->rename("next-" + std::to_string(i), **root, "id", Replace::no)) ++winners;
        });
    for (auto& thread : threads) thread.join();
    CHECK(winners == 1);
}
