// What every implementation of platform/os/files.h promises.

#include <algorithm>

#include "platform/os/file_steps.h"
#include "platform/os/files.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::os;

#define FILES_TEST(name) TEMPLATE_TEST_CASE_METHOD(Fixture, name, "[files]", SystemFilesFixture, MemoryFilesFixture)

namespace {

template <typename Base>
class Fixture : public Base {
public:
    std::unique_ptr<File> make(std::string_view name, std::string_view bytes) {
        auto file = VALUE_OF(this->root().open(name, {.access = Access::read_write, .create = Create::exclusive}));
        REQUIRE_DONE(file->write_at(0, bytes));
        return file;
    }
    std::string text(std::string_view name) { return VALUE_OF(read_whole(this->root(), name, 1 << 20)).value(); }
    bool exists(std::string_view name) { return VALUE_OF(this->root().status(name)).has_value(); }
};

}  // namespace

FILES_TEST("bytes are read where they were written") {
    const auto file = this->make("data", "hello world");
    REQUIRE_DONE(file->write_at(6, "there"));
    REQUIRE_DONE(file->append("!"));
    char buffer[64] = {};
    CHECK(VALUE_OF(file->read_at(6, buffer)) == 6);
    CHECK(std::string_view(buffer, 6) == "there!");
    CHECK(VALUE_OF(file->read_at(12, buffer)) == 0);
    CHECK(VALUE_OF(file->read_at(1000, buffer)) == 0);
    REQUIRE_DONE(file->write_at(14, "z"));
    CHECK(this->text("data") == std::string("hello there!\0\0z", 15));
}

FILES_TEST("appending goes to the end, also when another handle has moved it") {
    const auto one = this->make("log", "a");
    const auto two = VALUE_OF(this->root().open("log", {.access = Access::write}));
    REQUIRE_DONE(two->append("b"));
    REQUIRE_DONE(one->append("c"));
    REQUIRE_DONE(one->truncate(1));
    REQUIRE_DONE(two->append("d"));
    CHECK(this->text("log") == "ad");
}

FILES_TEST("a file can be made longer with zeros and shorter") {
    const auto file = this->make("data", "abcdef");
    REQUIRE_DONE(file->truncate(3));
    REQUIRE_DONE(file->truncate(5));
    CHECK(this->text("data") == std::string("abc\0\0", 5));
    REQUIRE_DONE(file->allocate(4));
    CHECK(VALUE_OF(file->status()).size == 5);
    REQUIRE_DONE(file->allocate(8));
    CHECK(this->text("data") == std::string("abc\0\0\0\0\0", 8));
    REQUIRE_DONE(file->sync_data());
    REQUIRE_DONE(file->sync());
}

FILES_TEST("creation can be forbidden, allowed or demanded") {
    REQUIRE_CODE(this->root().open("x", {}), Code::not_found);
    REQUIRE_DONE(
        VALUE_OF(this->root().open("x", {.access = Access::write, .create = Create::if_missing}))->append("1"));
    REQUIRE_DONE(
        VALUE_OF(this->root().open("x", {.access = Access::write, .create = Create::if_missing}))->append("2"));
    CHECK(this->text("x") == "12");
    REQUIRE_CODE(this->root().open("x", {.access = Access::write, .create = Create::exclusive}), Code::conflict);
    CHECK(this->text("x") == "12");
}

FILES_TEST("the attributes of a file are told") {
    const auto file = this->make("data", "12345");
    REQUIRE_DONE(file->set_mode(0640));
    REQUIRE_DONE(file->set_modified(Time{1'600'000'000'123'456}));
    const Status status = VALUE_OF(this->root().status("data")).value();
    CHECK(status.kind == Kind::file);
    CHECK(status.size == 5);
    CHECK(status.mode == 0640);
    CHECK(status.owner == this->user());
    CHECK(status.links == 1);
    CHECK(status.inode == VALUE_OF(file->status()).inode);
    CHECK(status.modified.us == 1'600'000'000'123'456);
    CHECK_FALSE(VALUE_OF(this->root().status("none")).has_value());
}

FILES_TEST("a name is a single component") {
    const std::string name =
        GENERATE(as<std::string>(), "", ".", "..", "a/b", "/", "/etc/passwd", "../x", std::string("a\0b", 3));
    REQUIRE_CODE(this->root().open(name, {.access = Access::write, .create = Create::if_missing}), Code::invalid);
    REQUIRE_CODE(this->root().open_directory(name), Code::invalid);
    REQUIRE_CODE(this->root().make_directory(name, 0700), Code::invalid);
    REQUIRE_CODE(this->root().remove(name), Code::invalid);
    REQUIRE_CODE(this->root().remove_tree(name), Code::invalid);
    REQUIRE_CODE(this->root().status(name), Code::invalid);
    REQUIRE_CODE(this->root().make_link(name, "x"), Code::invalid);
    this->make("x", "");
    REQUIRE_CODE(this->root().rename(name, this->root(), "y", Replace::yes), Code::invalid);
    REQUIRE_CODE(this->root().rename("x", this->root(), name, Replace::yes), Code::invalid);
}

FILES_TEST("a name of more than 255 bytes is refused by its length") {
    REQUIRE_CODE(this->root().make_directory(std::string(256, 'n'), 0700), Code::limit);
    CHECK(this->root().make_directory(std::string(255, 'n'), 0700));
}

FILES_TEST("links are never followed") {
    this->make("secret", "s");
    REQUIRE_DONE(this->root().make_link("link", "secret"));
    CHECK(VALUE_OF(this->root().read_link("link")) == "secret");
    REQUIRE_CODE(this->root().open("link", {}), Code::conflict);
    REQUIRE_CODE(this->root().open("link", {.access = Access::write, .create = Create::if_missing}), Code::conflict);
    VALUE_OF(this->root().make_directory("folder", 0700));
    REQUIRE_DONE(this->root().make_link("way", "folder"));
    REQUIRE_CODE(this->root().open_directory("way"), Code::conflict);
    CHECK(VALUE_OF(this->root().status("way"))->kind == Kind::link);
    REQUIRE_CODE(this->root().read_link("secret"), Code::conflict);
    REQUIRE_CODE(this->root().read_link("none"), Code::not_found);
    REQUIRE_CODE(this->root().make_link("link", "other"), Code::conflict);
    REQUIRE_CODE(this->root().make_link("empty", ""), Code::invalid);
    REQUIRE_DONE(this->root().remove("link"));
    CHECK(this->text("secret") == "s");
}

FILES_TEST("a directory is not a file and a file not a directory") {
    VALUE_OF(this->root().make_directory("folder", 0700));
    this->make("file", "");
    REQUIRE_CODE(this->root().open("folder", {}), Code::conflict);
    REQUIRE_CODE(this->root().open("folder", {.access = Access::write}), Code::conflict);
    REQUIRE_CODE(this->root().open_directory("file"), Code::conflict);
    REQUIRE_CODE(this->root().open_directory("none"), Code::not_found);
    REQUIRE_CODE(this->root().make_directory("file", 0700), Code::conflict);
    REQUIRE_CODE(this->root().make_directory("folder", 0700), Code::conflict);
}

FILES_TEST("renaming replaces only when it is told to") {
    this->make("a", "A");
    this->make("b", "B");
    REQUIRE_CODE(this->root().rename("a", this->root(), "b", Replace::no), Code::conflict);
    CHECK(this->text("a") == "A");
    CHECK(this->text("b") == "B");
    REQUIRE_DONE(this->root().rename("a", this->root(), "b", Replace::yes));
    CHECK(this->text("b") == "A");
    CHECK_FALSE(this->exists("a"));
    REQUIRE_CODE(this->root().rename("a", this->root(), "c", Replace::yes), Code::not_found);
    const auto folder = VALUE_OF(this->root().make_directory("folder", 0700));
    REQUIRE_DONE(this->root().rename("b", *folder, "c", Replace::no));
    CHECK(VALUE_OF(read_whole(*folder, "c", 10)) == "A");
}

FILES_TEST("an open directory stays the same one when it is renamed") {
    const auto folder = VALUE_OF(this->root().make_directory(".next-1", 0700));
    REQUIRE_DONE(this->root().rename(".next-1", this->root(), "id", Replace::no));
    VALUE_OF(folder->open("log", {.access = Access::write, .create = Create::exclusive}));
    const auto again = VALUE_OF(this->root().open_directory("id"));
    CHECK(VALUE_OF(again->status("log")).has_value());
    VALUE_OF(this->root().make_directory(".next-2", 0700));
    REQUIRE_CODE(this->root().rename(".next-2", this->root(), "id", Replace::no), Code::conflict);
}

FILES_TEST("an open file outlives its name") {
    const auto file = this->make("data", "abc");
    REQUIRE_DONE(this->root().remove("data"));
    char buffer[3] = {};
    CHECK(VALUE_OF(file->read_at(0, buffer)) == 3);
    CHECK(VALUE_OF(file->status()).links == 0);
    REQUIRE_CODE(this->root().remove("data"), Code::not_found);
}

FILES_TEST("a listing is complete, or refused as too long") {
    CHECK(VALUE_OF(this->root().list(0)).empty());
    this->make("b", "");
    VALUE_OF(this->root().make_directory("a", 0700));
    REQUIRE_DONE(this->root().make_link("c", "b"));
    for (int pass = 0; pass < 2; ++pass) {
        auto entries = VALUE_OF(this->root().list(3));
        std::sort(entries.begin(), entries.end(), [](const Entry& x, const Entry& y) { return x.name < y.name; });
        REQUIRE(entries.size() == 3);
        CHECK(entries[0].name == "a");
        CHECK(entries[0].kind == Kind::directory);
        CHECK(entries[1].kind == Kind::file);
        CHECK(entries[2].kind == Kind::link);
    }
    REQUIRE_CODE(this->root().list(2), Code::limit);
}

FILES_TEST("removing takes files and empty directories, a tree only when told to") {
    const auto folder = VALUE_OF(this->root().make_directory("folder", 0700));
    VALUE_OF(folder->open("x", {.access = Access::write, .create = Create::exclusive}));
    REQUIRE_CODE(this->root().remove("folder"), Code::conflict);
    REQUIRE_DONE(folder->remove("x"));
    REQUIRE_DONE(this->root().remove("folder"));
    CHECK_FALSE(this->exists("folder"));
}

FILES_TEST("removing a tree follows no link and passes directories without permissions") {
    this->make("outside", "kept");
    const auto beside = VALUE_OF(this->root().make_directory("beside", 0700));
    VALUE_OF(beside->open("kept", {.access = Access::write, .create = Create::exclusive}));
    const auto tree = VALUE_OF(this->root().make_directory("tree", 0700));
    REQUIRE_DONE(tree->make_link("file", "../outside"));
    REQUIRE_DONE(tree->make_link("folder", "../beside"));
    const auto closed = VALUE_OF(tree->make_directory("closed", 0700));
    VALUE_OF(closed->make_directory("deeper", 0700));
    REQUIRE_DONE(closed->set_mode(0));
    REQUIRE_DONE(this->root().remove_tree("tree"));
    CHECK_FALSE(this->exists("tree"));
    CHECK(this->text("outside") == "kept");
    CHECK(VALUE_OF(beside->status("kept")).has_value());
    REQUIRE_DONE(this->root().remove_tree("tree"));
    REQUIRE_DONE(this->root().remove_tree("outside"));
    CHECK_FALSE(this->exists("outside"));
}

FILES_TEST("a tree deeper and wider than a process has descriptors is removed") {
    auto folder = VALUE_OF(this->root().make_directory("tree", 0700));
    for (int depth = 0; depth < 300; ++depth) {
        VALUE_OF(folder->open("file", {.access = Access::write, .create = Create::exclusive}));
        VALUE_OF(folder->make_directory("empty", 0700));
        VALUE_OF(folder->make_directory(".removing-" + std::to_string(depth), 0700));
        folder = VALUE_OF(folder->make_directory("d", 0700));
    }
    REQUIRE_DONE(this->root().remove_tree("tree"));
    CHECK_FALSE(this->exists("tree"));
}

FILES_TEST("a second name is the same file") {
    this->make("data", "1");
    const auto folder = VALUE_OF(this->root().make_directory("folder", 0700));
    REQUIRE_DONE(this->root().make_hard_link("data", *folder, "twin"));
    REQUIRE_DONE(VALUE_OF(folder->open("twin", {.access = Access::write}))->append("2"));
    CHECK(this->text("data") == "12");
    CHECK(VALUE_OF(this->root().status("data"))->links == 2);
    REQUIRE_CODE(this->root().make_hard_link("data", *folder, "twin"), Code::conflict);
    REQUIRE_DONE(this->root().make_link("link", "data"));
    REQUIRE_CODE(this->root().make_hard_link("link", *folder, "x"), Code::conflict);
}

FILES_TEST("a lock has one holder and names it to the others") {
    auto lock = VALUE_OF(this->root().lock("lock"));
    const auto second = this->root().lock("lock");
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Code::conflict);
    CHECK(second.error().reason == "locked");
    const std::string holder = this->text("lock");
    CHECK(second.error().message.find("process " + holder.substr(0, holder.size() - 1) + " ") != std::string::npos);
    lock.reset();
    CHECK(this->root().lock("lock").has_value());
}

FILES_TEST("directories are found and made by path") {
    const std::string path = this->path() + "/x/y/z";
    REQUIRE_CODE(this->files().open_directory(path), Code::not_found);
    const auto made = VALUE_OF(this->files().make_directories(path, 0700));
    VALUE_OF(made->open("file", {.access = Access::write, .create = Create::exclusive}));
    const auto again = VALUE_OF(this->files().make_directories(path + "/", 0700));
    CHECK(VALUE_OF(again->status("file")).has_value());
    CHECK(VALUE_OF(VALUE_OF(this->files().open_directory(this->path() + "/x"))->status("y"))->mode == 0700);
    this->make("plain", "");
    REQUIRE_CODE(this->files().make_directories(this->path() + "/plain/x", 0700), Code::conflict);
}

FILES_TEST("replacing durably leaves the new bytes and nothing else") {
    REQUIRE_DONE(replace_durably(this->root(), "state", "one"));
    REQUIRE_DONE(replace_durably(this->root(), "state", "two"));
    CHECK(this->text("state") == "two");
    CHECK(VALUE_OF(this->root().status("state"))->mode == 0600);
    REQUIRE_CODE(create_durably(this->root(), "state", "three"), Code::conflict);
    CHECK(this->text("state") == "two");
    REQUIRE_DONE(create_durably(this->root(), "other", "three"));
    REQUIRE_DONE(replace_whole(this->root(), "state", "four"));
    CHECK(this->text("state") == "four");
    CHECK(VALUE_OF(this->root().list(10)).size() == 2);
}

FILES_TEST("replacing durably is not led astray by what lies at its temporary name") {
    this->make("victim", "v");
    REQUIRE_DONE(this->root().make_link(".state.new", "victim"));
    REQUIRE_DONE(replace_durably(this->root(), "state", "one"));
    CHECK(this->text("victim") == "v");
    CHECK(this->text("state") == "one");
}

FILES_TEST("reading a whole file has a limit, and absent is not an error") {
    this->make("data", "12345");
    CHECK(VALUE_OF(read_whole(this->root(), "data", 5)) == "12345");
    REQUIRE_CODE(read_whole(this->root(), "data", 4), Code::limit);
    CHECK(VALUE_OF(read_whole(this->root(), "none", 5)) == std::nullopt);
}

FILES_TEST("a file that others may have touched is trusted only if it is plain") {
    this->make("log", "bytes");
    CHECK(VALUE_OF(open_trusted(this->root(), "log", Access::read, this->user())).has_value());
    CHECK_FALSE(VALUE_OF(open_trusted(this->root(), "none", Access::read, this->user())).has_value());
    REQUIRE_CODE(open_trusted(this->root(), "log", Access::read, this->user() + 1), Code::corrupt);
    REQUIRE_DONE(this->root().make_link("link", "log"));
    REQUIRE_CODE(open_trusted(this->root(), "link", Access::read, this->user()), Code::corrupt);
    VALUE_OF(this->root().make_directory("folder", 0700));
    REQUIRE_CODE(open_trusted(this->root(), "folder", Access::read, this->user()), Code::corrupt);
    REQUIRE_DONE(this->root().make_hard_link("log", this->root(), "twin"));
    const auto refused = open_trusted(this->root(), "log", Access::read, this->user());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason == "file_tampered");
}

FILES_TEST("opening or making a directory gives the one that is there") {
    VALUE_OF(VALUE_OF(open_or_make(this->root(), "d", 0700))->make_directory("x", 0700));
    CHECK(VALUE_OF(VALUE_OF(open_or_make(this->root(), "d", 0700))->status("x")).has_value());
    this->make("plain", "");
    REQUIRE_CODE(open_or_make(this->root(), "plain", 0700), Code::conflict);
}

FILES_TEST("free space is told") {
    const DiskSpace space = VALUE_OF(this->root().space());
    CHECK(space.total_bytes > 0);
    CHECK(space.free_bytes <= space.total_bytes);
}
