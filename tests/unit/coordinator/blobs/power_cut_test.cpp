#include <random>

#include <catch2/catch.hpp>

#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/blobs/blob_store.h"
#include "platform/base/limits.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "platform/os/memory/memory_files.h"
#include "platform/os/reserve.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::blobs;

namespace {

class FixedClock : public Clock {
public:
    Time wall() override { return {1}; }
    Steady steady() override { return {1}; }
};

class SeededRandom : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<unsigned char> bytes) override {
        for (auto& byte : bytes) byte = static_cast<unsigned char>(engine_());
    }

private:
    std::mt19937_64 engine_;
};

/// A coordinator's state directory on a disk whose power may fail.
struct Machine {
    FixedClock clock;
    os::MemoryFiles files{clock};
    std::unique_ptr<os::Directory> state = VALUE_OF(files.make_directories("/state", 0700));

    Machine() {
        REQUIRE_DONE(state->sync());
        REQUIRE_DONE(VALUE_OF(files.open_directory("/"))->sync());
    }
    void power_cut(Random& random) {
        files.power_cut(random);
        state = VALUE_OF(files.open_directory("/state"));
    }
};

const std::string attempt = "0193503c-8c00-7000-8000-000000000001";

/// Fails with an error at the n-th write, sync or rename from now on, and at all after it.
void fail_from(Machine& machine, int n) {
    auto left = std::make_shared<int>(n);
    machine.files.on_operation([left](std::string_view operation, const std::string&) -> std::optional<Error> {
        if (operation != "write" && operation != "sync" && operation != "rename") return std::nullopt;
        if (--*left > 0) return std::nullopt;
        return Error{Code::io, "the disk is gone"};
    });
}

}  // namespace

TEST_CASE("no power cut takes a byte of a log, or an event, that was told to be held") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        SeededRandom random(seed);
        Machine machine;
        std::string sent;
        std::vector<std::string> events;
        for (int cut = 0; cut < 3; ++cut) {
            auto logs = VALUE_OF(AttemptLogs::open(*machine.state));
            // As the protocol has it: a log whose digest does not fit is asked for again, all of it.
            const auto held = VALUE_OF(logs->held(attempt));
            REQUIRE(held.bytes >= static_cast<std::int64_t>(sent.size()));
            const auto file = held.bytes > 0 ? VALUE_OF(logs->read(attempt)) : nullptr;
            const std::string content = file ? VALUE_OF(os::read_whole(*file, 1'000'000)) : "";
            REQUIRE(content.substr(0, sent.size()) == sent);
            REQUIRE(held.sha256 == crypto::sha256(content));
            const auto stored = VALUE_OF(logs->events(attempt));
            REQUIRE(stored.size() >= events.size());
            REQUIRE(std::equal(events.begin(), events.end(), stored.begin()));
            sent = content;
            events = stored;
            fail_from(machine, 3 + static_cast<int>(random.below(20)));
            for (int step = 0; step < 20; ++step) {
                const std::string bytes = std::to_string(step) + std::string(1 + random.below(200), 'x') + "\n";
                const auto offset = static_cast<std::int64_t>(sent.size());
                const auto answer = logs->append(attempt, offset, bytes);
                if (!answer) break;
                sent += bytes;
                if (!logs->add_marks(attempt, {{offset, step}})) break;
                REQUIRE(answer->held.bytes == static_cast<std::int64_t>(sent.size()));
                const std::string event = R"({"n":)" + std::to_string(events.size() + 1) + "}";
                if (!logs->append_events(attempt, static_cast<std::int64_t>(events.size()) + 1, {event})) break;
                events.push_back(event);
            }
            machine.files.on_operation({});
            logs.reset();
            machine.power_cut(random);
        }
    }
}

TEST_CASE("no power cut takes a part of an upload, or a blob, that was told to be held") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        SeededRandom random(seed);
        Machine machine;
        const std::string bytes = std::string(5'000, 'a') + std::string(5'000, 'b');
        const Digest sha256 = crypto::sha256(bytes);
        std::uint64_t held = 0;
        bool begun = false;
        bool tried = false;  // to commit: from then on a power cut may take the upload, never half of it
        bool committed = false;
        for (int cut = 0; cut < 6 && !committed; ++cut) {
            auto store = VALUE_OF(BlobStore::open(*machine.state));
            const auto offset = VALUE_OF(store->offset("u1"));
            const bool there = VALUE_OF(store->size(sha256)).has_value();
            REQUIRE((offset.has_value() || there || tried || !begun));
            if (offset && !tried) REQUIRE(*offset >= held);
            fail_from(machine, 1 + static_cast<int>(random.below(12)));
            const auto push = [&]() -> Result<> {
                if (!offset && !there) {
                    tried = false;
                    TRY(store->begin("u1", bytes.size()));
                }
                begun = true;
                held = offset.value_or(0);
                while (!there && held < bytes.size()) {
                    TRY_ASSIGN(const auto appender, store->append("u1", held));
                    TRY(appender->append(std::string_view(bytes).substr(held, 1 + random.below(3'000))));
                    TRY_ASSIGN(held, appender->finish());
                }
                tried = true;
                TRY(store->commit("u1", sha256));
                committed = true;
                return {};
            };
            const auto pushed = push();
            machine.files.on_operation({});
            store.reset();
            machine.power_cut(random);
        }
        auto store = VALUE_OF(BlobStore::open(*machine.state));
        if (const auto size = VALUE_OF(store->size(sha256)); committed || size) {
            REQUIRE(size == bytes.size());
            const auto file = VALUE_OF(store->read(sha256));
            REQUIRE(VALUE_OF(os::read_whole(*file, 1'000'000)) == bytes);
        }
    }
}

TEST_CASE("a full disk refuses log bytes and pushes, keeps what is held, and goes on when there is room") {
    Machine machine;
    auto logs = VALUE_OF(AttemptLogs::open(*machine.state));
    auto store = VALUE_OF(BlobStore::open(*machine.state));
    REQUIRE_DONE(logs->append(attempt, 0, "hello"));
    REQUIRE_DONE(store->begin("u1", 100));
    machine.files.set_free_bytes(3);
    REQUIRE_CODE(logs->append(attempt, 5, std::string(100, 'x')), Code::disk_full);
    REQUIRE_CODE(logs->append_events(attempt, 1, {std::string(100, 'x')}), Code::disk_full);
    REQUIRE_CODE(store->begin("u2", 100), Code::disk_full);
    {
        const auto appender = VALUE_OF(store->append("u1", 0));
        REQUIRE_CODE(appender->append(std::string(100, 'x')), Code::disk_full);
        CHECK(VALUE_OF(appender->finish()) == 0);
    }
    CHECK(VALUE_OF(logs->held(attempt)).sha256 == crypto::sha256("hello"));
    machine.files.set_free_bytes(1'000);
    CHECK(VALUE_OF(logs->append(attempt, 5, " world")).held.sha256 == crypto::sha256("hello world"));
    CHECK(VALUE_OF(logs->append_events(attempt, 1, {"event"})) == 1);
    CHECK(VALUE_OF(logs->events(attempt)) == std::vector<std::string>{"event"});
    const auto appender = VALUE_OF(store->append("u1", 0));
    REQUIRE_DONE(appender->append("hello"));
    CHECK(VALUE_OF(appender->finish()) == 5);
    CHECK(VALUE_OF(store->commit("u1", crypto::sha256("hello"))) == 5);
}

TEST_CASE("a push may not take the room beside the reserve") {
    Machine machine;
    auto store = VALUE_OF(BlobStore::open(*machine.state));
    machine.files.set_free_bytes(limits::reserve_bytes + 10);
    REQUIRE_CODE(store->begin("u1", 11), Code::disk_full);
    REQUIRE_DONE(store->begin("u1", 10));
}
