#include <atomic>
#include <mutex>

#include "platform/crypto/sha256.h"
#include "tests/unit/coordinator/cli/fake_coordinator.h"

using namespace slipway;
using namespace slipway::cli::tests;

namespace {

std::string artifact_json(const std::string& bytes) {
    return R"({"id": "a", "name": "docs", "version": "1", "sha256": ")" + crypto::sha256(bytes) + R"(", "bytes": )" +
           std::to_string(bytes.size()) + "}";
}

std::string upload_json(std::size_t offset) { return R"({"id": "u1", "offset": )" + std::to_string(offset) + "}"; }

/// Keeps what is pushed. `breaks_left` appends lose their answer and all but `kept_of_broken` of their bytes.
struct Store {
    std::mutex mutex;
    std::string pushed;
    bool named = false;
    int breaks_left = 0;
    std::size_t kept_of_broken = 0;
    std::vector<std::size_t> offsets;

    bool take(Line& line, const Seen& seen) {
        const std::lock_guard lock(mutex);
        if (seen.target == "/api/v1/uploads") return line.write(answer(201, upload_json(0)));
        if (seen.target == "/api/v1/artifacts") return line.write(name(seen.body));
        if (seen.method == "GET") return line.write(answer(200, upload_json(pushed.size())));
        const std::size_t offset = std::stoul(seen.header("Upload-Offset"));
        offsets.push_back(offset);
        if (offset != pushed.size()) return line.write(problem(409, "upload_offset_wrong", "go on elsewhere"));
        if (breaks_left-- > 0) {
            pushed += seen.body.substr(0, kept_of_broken);
            return false;
        }
        pushed += seen.body;
        return line.write(answer(200, upload_json(pushed.size())));
    }

    std::string name(const std::string& body) {
        const bool upload = body.find("\"upload\":\"u1\"") != std::string::npos;
        const bool fits = body.find(crypto::sha256(pushed)) != std::string::npos;
        if (named && fits) return answer(200, artifact_json(pushed));
        if (!upload) return problem(400, "blob_missing", "push them first");
        if (!fits) return problem(422, "digest_mismatch", "other bytes arrived");
        named = true;
        return answer(201, artifact_json(pushed));
    }
};

std::string some_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
    return bytes;
}

/// Serves an artifact; the first `breaks` answers end after `until` bytes of what was asked for.
struct Shelf {
    std::string bytes = {};
    std::atomic<int> breaks = 0;
    std::size_t until = 0;
    std::string sent_instead = {};

    bool give(Line& line, const Seen& seen) {
        if (!seen.target.ends_with("/content")) return line.write(answer(200, artifact_json(bytes)));
        const std::string range = seen.header("Range");
        const std::size_t offset = range.empty() ? 0 : std::stoul(range.substr(6));
        const std::string rest = (sent_instead.empty() ? bytes : sent_instead).substr(offset);
        const std::string whole = answer(range.empty() ? 200 : 206, rest);
        if (breaks-- <= 0) return line.write(whole);
        line.write(whole.substr(0, whole.size() - rest.size() + until));
        return false;
    }
};

}  // namespace

TEST_CASE("a push hashes, sends and names; the same again sends nothing") {
    Store store;
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) { return store.take(line, seen); });
    const std::string bytes = some_bytes(700'000);
    const std::string file = coordinator.write("docs.tar.gz", bytes);
    const auto first = coordinator.run({"artifact", "push", file, "--name", "docs", "--version", "1"});
    INFO(first.err);
    CHECK(first.code == 0);
    CHECK(store.pushed == bytes);
    const auto again = coordinator.run({"artifact", "push", file, "--name", "docs", "--version", "1"});
    CHECK(again.code == 0);
    CHECK_THAT(again.err, Catch::Contains("already"));
    CHECK(store.offsets.size() == 1);
}

TEST_CASE("a push that breaks goes on at the offset that the coordinator has") {
    Store store;
    store.breaks_left = 3;
    store.kept_of_broken = 100'000;
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) { return store.take(line, seen); });
    const std::string bytes = some_bytes(700'000);
    const std::string file = coordinator.write("f", bytes);
    const auto ran = coordinator.run({"artifact", "push", file, "--name", "docs", "--version", "1"});
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(store.pushed == bytes);
    CHECK(store.offsets == std::vector<std::size_t>{0, 100'000, 200'000, 300'000});
}

TEST_CASE("a push that makes no progress gives up, and a later one goes on with what arrived") {
    Store store;
    store.breaks_left = 1000;
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) { return store.take(line, seen); });
    const std::string bytes = some_bytes(1000);
    const std::string file = coordinator.write("f", bytes);
    const std::vector<std::string> words{"artifact", "push", file, "--name", "docs", "--version", "1"};
    const auto ran = coordinator.run(words);
    CHECK(ran.code == 6);
    CHECK_THAT(ran.err, Catch::Contains("--upload u1"));
    {
        const std::lock_guard lock(store.mutex);
        store.breaks_left = 0;
        store.pushed = bytes.substr(0, 400);
    }
    auto with_upload = words;
    with_upload.insert(with_upload.end(), {"--upload", "u1"});
    CHECK(coordinator.run(with_upload).code == 0);
    CHECK(store.offsets.back() == 400);
    CHECK(store.pushed == bytes);
}

TEST_CASE("a push whose bytes arrive as others is refused") {
    Store store;
    store.pushed = "other";
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) { return store.take(line, seen); });
    const std::string file = coordinator.write("f", "what it should be");
    const auto ran = coordinator.run({"artifact", "push", file, "--name", "docs", "--version", "1", "--upload", "u1"});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.err, Catch::Contains("slipway: other bytes arrived"));
    CHECK_FALSE(store.named);
}

TEST_CASE("what cannot be pushed is refused before anything is sent") {
    FakeCoordinator coordinator([](Line& line, const Seen&) { return line.write(answer(200, "{}")); });
    const std::string site = coordinator.path("site"), none = coordinator.path("none");
    std::filesystem::create_directory(site);
    const auto directory = coordinator.run({"artifact", "push", site, "--name", "docs", "--version", "1"});
    CHECK(directory.code == 2);
    CHECK_THAT(directory.err, Catch::Contains("tar -C " + site + " -czf docs.tar.gz ."));
    CHECK(coordinator.run({"artifact", "push", none, "--name", "docs", "--version", "1"}).code == 4);
    CHECK(coordinator.run({"artifact", "push", "f", "--name", "Docs", "--version", "1"}).code == 2);
    CHECK(coordinator.run({"artifact", "push", "f", "--name", "docs", "--version", "1/2"}).code == 2);
    CHECK(coordinator.seen().empty());
}

TEST_CASE("a pull that breaks goes on where it broke, and a file that is there stays unless forced") {
    Shelf shelf;
    shelf.bytes = some_bytes(300'000);
    shelf.breaks = 2;
    shelf.until = 70'000;
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) { return shelf.give(line, seen); });
    const std::vector<std::string> words{"artifact", "pull", "docs", "1", "-o", coordinator.path("docs.tar.gz")};
    const auto ran = coordinator.run(words);
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(coordinator.read("docs.tar.gz") == shelf.bytes);
    CHECK_FALSE(std::filesystem::exists(coordinator.path("docs.tar.gz.part")));
    CHECK(coordinator.seen().back().header("Range") == "bytes=140000-");

    const auto again = coordinator.run(words);
    CHECK(again.code == 5);
    CHECK_THAT(again.err, Catch::Contains("--force"));
    auto forced = words;
    forced.emplace_back("--force");
    CHECK(coordinator.run(forced).code == 0);
}

TEST_CASE("a part that an earlier pull left is used if it fits, and replaced if it does not") {
    Shelf shelf;
    shelf.bytes = some_bytes(10'000);
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) { return shelf.give(line, seen); });
    coordinator.write("fits.part", shelf.bytes.substr(0, 4000));
    CHECK(coordinator.run({"artifact", "pull", "docs", "1", "-o", coordinator.path("fits")}).code == 0);
    CHECK(coordinator.seen().back().header("Range") == "bytes=4000-");
    CHECK(coordinator.read("fits") == shelf.bytes);

    coordinator.write("foreign.part", std::string(4000, 'x'));
    CHECK(coordinator.run({"artifact", "pull", "docs", "1", "-o", coordinator.path("foreign")}).code == 0);
    CHECK(coordinator.seen().back().header("Range").empty());
    CHECK(coordinator.read("foreign") == shelf.bytes);
}

TEST_CASE("bytes that do not fit the digest are not kept") {
    Shelf shelf;
    shelf.bytes = some_bytes(1000);
    shelf.sent_instead = std::string(1000, 'x');
    FakeCoordinator coordinator([&](Line& line, const Seen& seen) { return shelf.give(line, seen); });
    const auto ran = coordinator.run({"artifact", "pull", "docs", "1", "-o", coordinator.path("docs")});
    CHECK(ran.code == 1);
    CHECK_THAT(ran.err, Catch::Contains("SHA-256"));
    CHECK_FALSE(std::filesystem::exists(coordinator.path("docs")));
    CHECK(std::filesystem::file_size(coordinator.path("docs.part")) == 0);
}
