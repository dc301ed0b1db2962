#include "coordinator/blobs/blob_store.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::blobs;

namespace {

struct Fixture {
    os::SystemFilesFixture files;
    std::unique_ptr<BlobStore> store = VALUE_OF(BlobStore::open(files.root()));

    void restart() { store = VALUE_OF(BlobStore::open(files.root())); }

    std::uint64_t send(std::uint64_t offset, std::string_view bytes) {
        const auto appender = VALUE_OF(store->append("u1", offset));
        REQUIRE_DONE(appender->append(bytes));
        return VALUE_OF(appender->finish());
    }
    std::string content(std::string_view sha256) {
        const auto file = VALUE_OF(store->read(sha256));
        return VALUE_OF(os::read_whole(*file, 1'000'000));
    }
};

const std::string hello_sha256 = crypto::sha256("hello world");

}  // namespace

TEST_CASE("an upload in two requests becomes a blob under its digest") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    CHECK(VALUE_OF(f.store->offset("u1")) == 0u);
    CHECK(f.send(0, "hello") == 5);
    CHECK(VALUE_OF(f.store->offset("u1")) == 5u);
    CHECK(f.send(5, " world") == 11);
    CHECK_FALSE(VALUE_OF(f.store->size(hello_sha256)));
    CHECK(VALUE_OF(f.store->commit("u1", hello_sha256)) == 11);
    CHECK(VALUE_OF(f.store->size(hello_sha256)) == 11u);
    CHECK(f.content(hello_sha256) == "hello world");
    CHECK_FALSE(VALUE_OF(f.store->offset("u1")));
    const auto folder =
        VALUE_OF(f.files.files().open_directory(f.files.path() + "/blobs/" + hello_sha256.substr(0, 2)));
    CHECK(VALUE_OF(folder->status(hello_sha256)));
}

TEST_CASE("an upload goes on after a restart of the coordinator") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello");
    f.restart();
    CHECK(VALUE_OF(f.store->offset("u1")) == 5u);
    f.send(5, " wor");
    f.restart();
    f.send(9, "ld");
    CHECK(VALUE_OF(f.store->commit("u1", hello_sha256)) == 11);
    CHECK(f.content(hello_sha256) == "hello world");
}

TEST_CASE("an append at a wrong offset is a conflict and changes nothing") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello");
    for (const std::uint64_t wrong : {0u, 4u, 6u}) {
        const auto refused = f.store->append("u1", wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::conflict);
        CHECK(refused.error().reason == "upload_offset_wrong");
        CHECK_THAT(refused.error().message, Catch::Contains("holds 5 bytes"));
    }
    CHECK(VALUE_OF(f.store->offset("u1")) == 5u);
    REQUIRE_CODE(f.store->append("nobody", 0), Code::not_found);
}

TEST_CASE("a push that stops half way keeps what was made durable, and only that") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello");
    {
        const auto appender = VALUE_OF(f.store->append("u1", 5));
        REQUIRE_DONE(appender->append(" garbage that nobody acknowledged"));
    }
    CHECK(VALUE_OF(f.store->offset("u1")) == 5u);
    f.send(5, " world");
    CHECK(VALUE_OF(f.store->commit("u1", hello_sha256)) == 11);
    CHECK(f.content(hello_sha256) == "hello world");
}

TEST_CASE("two requests cannot append to one upload at once, nor commit it meanwhile") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    auto appender = VALUE_OF(f.store->append("u1", 0));
    CHECK(f.store->append("u1", 0).error().reason == "upload_busy");
    CHECK(f.store->commit("u1", hello_sha256).error().reason == "upload_busy");
    appender.reset();
    CHECK(f.store->append("u1", 0));
}

TEST_CASE("a digest that does not fit refuses the push and removes its bytes") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello w0rld");
    const auto refused = f.store->commit("u1", hello_sha256);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid);
    CHECK(refused.error().reason == "digest_mismatch");
    CHECK_FALSE(VALUE_OF(f.store->offset("u1")));
    CHECK_FALSE(VALUE_OF(f.store->size(hello_sha256)));
    CHECK_FALSE(VALUE_OF(f.store->size(crypto::sha256("hello w0rld"))));
    CHECK(VALUE_OF(VALUE_OF(f.files.root().open_directory("uploads"))->list(10)).empty());
}

TEST_CASE("a commit that is repeated after a lost answer has the same effect") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello world");
    REQUIRE_DONE(f.store->commit("u1", hello_sha256));
    f.restart();
    CHECK(VALUE_OF(f.store->commit("u1", hello_sha256)) == 11);
    REQUIRE_CODE(f.store->commit("u1", std::string(64, 'a')), Code::not_found);
}

TEST_CASE("the same bytes pushed twice are one blob, and heal one that has rotted") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello world");
    REQUIRE_DONE(f.store->commit("u1", hello_sha256));
    const auto folder =
        VALUE_OF(f.files.files().open_directory(f.files.path() + "/blobs/" + hello_sha256.substr(0, 2)));
    REQUIRE_DONE(VALUE_OF(folder->open(hello_sha256, {.access = os::Access::write}))->write_at(0, "jello"));
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello world");
    REQUIRE_DONE(f.store->commit("u1", hello_sha256));
    CHECK(f.content(hello_sha256) == "hello world");
}

TEST_CASE("a reader of a blob goes on while it is removed; a second removal is no error") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello world");
    REQUIRE_DONE(f.store->commit("u1", hello_sha256));
    const auto file = VALUE_OF(f.store->read(hello_sha256));
    REQUIRE_DONE(f.store->remove(hello_sha256));
    REQUIRE_DONE(f.store->remove(hello_sha256));
    CHECK_FALSE(VALUE_OF(f.store->size(hello_sha256)));
    REQUIRE_CODE(f.store->read(hello_sha256), Code::not_found);
    CHECK(VALUE_OF(os::read_whole(*file, 100)) == "hello world");
}

TEST_CASE("an upload that is removed is gone, and its name may begin again") {
    Fixture f;
    REQUIRE_DONE(f.store->begin("u1", 11));
    f.send(0, "hello");
    REQUIRE_DONE(f.store->remove_upload("u1"));
    REQUIRE_DONE(f.store->remove_upload("u1"));
    CHECK_FALSE(VALUE_OF(f.store->offset("u1")));
    REQUIRE_DONE(f.store->begin("u1", 11));
    CHECK(VALUE_OF(f.store->offset("u1")) == 0u);
}

TEST_CASE("an artifact over the limit, or over what the disk has, is refused before a byte is taken") {
    Fixture f;
    REQUIRE_CODE(f.store->begin("u1", limits::artifact_bytes_max + 1), Code::limit);
    const os::DiskSpace space = VALUE_OF(f.files.root().space());
    if (space.free_bytes < limits::artifact_bytes_max) {
        REQUIRE_CODE(f.store->begin("u1", space.free_bytes), Code::disk_full);
    }
    CHECK_FALSE(VALUE_OF(f.store->offset("u1")));
}

TEST_CASE("what is not a digest or a file name is refused") {
    Fixture f;
    for (const std::string bad : {"", "../../etc/passwd", "ABCDEF", "abcd"}) {
        REQUIRE_CODE(f.store->size(bad), Code::invalid);
        REQUIRE_CODE(f.store->read(bad), Code::invalid);
        REQUIRE_CODE(f.store->remove(bad), Code::invalid);
    }
    REQUIRE_CODE(f.store->begin("../x", 1), Code::invalid);
}
