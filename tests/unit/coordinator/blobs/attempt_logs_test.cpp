#include "coordinator/blobs/attempt_logs.h"

#include <thread>

#include <catch2/catch.hpp>

#include "coordinator/blobs/log_files.h"
#include "platform/base/limits.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "tests/suites/os_fixtures.h"

using namespace slipway;
using namespace slipway::blobs;

namespace {

const std::string attempt = "0193503c-8c00-7000-8000-000000000001";  // of November 2024

struct Fixture {
    os::SystemFilesFixture files;
    std::unique_ptr<AttemptLogs> logs = VALUE_OF(AttemptLogs::open(files.root()));

    void restart() { logs = VALUE_OF(AttemptLogs::open(files.root())); }

    std::int64_t append(std::int64_t offset, std::string_view bytes, const std::vector<AttemptLogs::Mark>& marks = {}) {
        const std::int64_t held = VALUE_OF(logs->append(attempt, offset, bytes)).held.bytes;
        REQUIRE_DONE(logs->add_marks(attempt, marks));
        return held;
    }
    std::string content() {
        const auto file = VALUE_OF(logs->read(attempt));
        return VALUE_OF(os::read_whole(*file, 100'000'000));
    }
    std::string marks(std::int64_t from, std::size_t count_max = 100) {
        std::string text;
        for (const auto& mark : VALUE_OF(logs->marks(attempt, from, count_max)))
            text += std::to_string(mark.offset) + "@" + std::to_string(mark.ms) + " ";
        return text;
    }
    std::unique_ptr<os::File> open(const std::string& suffix) {
        const auto folder = VALUE_OF(files.files().open_directory(files.path() + "/logs/202411"));
        return VALUE_OF(folder->open(attempt + suffix, {.access = os::Access::read_write}));
    }
};

}  // namespace

TEST_CASE("a log lies in the folder of its attempt's month") {
    CHECK(VALUE_OF(month_of(attempt)) == "202411");
    CHECK(VALUE_OF(month_of("00000000-0000-7000-8000-000000000000")) == "197001");
    CHECK(VALUE_OF(month_of("ffffffff-ffff-7fff-8000-000000000000")) == "1088908");
    REQUIRE_CODE(month_of("../../../etc/cron.d/x"), Code::invalid);
    Fixture f;
    f.append(0, "x");
    CHECK(VALUE_OF(f.open(".log")->status()).size == 1);
}

TEST_CASE("an attempt that said nothing has no files") {
    Fixture f;
    CHECK(f.append(0, "") == 0);
    CHECK(VALUE_OF(f.logs->held(attempt)).bytes == 0);
    CHECK(VALUE_OF(f.logs->append_events(attempt, 1, {})) == 0);
    CHECK(f.append(7, "beyond what is held") == 0);
    CHECK(VALUE_OF(f.logs->append_events(attempt, 2, {"{}"})) == 0);
    CHECK(VALUE_OF(f.logs->length(attempt)) == 0);
    CHECK(VALUE_OF(f.logs->events(attempt)).empty());
    REQUIRE_CODE(f.logs->read(attempt), Code::not_found);
    f.logs->close(attempt);
    CHECK(VALUE_OF(VALUE_OF(f.files.root().open_directory("logs"))->list(10)).empty());
}

TEST_CASE("appended bytes are held with their digest, also after a restart") {
    Fixture f;
    CHECK(f.append(0, "hello") == 5);
    CHECK(f.append(5, std::string_view(" \0\xff", 3)) == 8);
    const std::string all("hello \0\xff", 8);
    CHECK(f.content() == all);
    for (int round = 0; round < 2; ++round) {
        const auto held = VALUE_OF(f.logs->held(attempt));
        CHECK(held.bytes == 8);
        CHECK(held.sha256 == crypto::sha256(all));
        CHECK(VALUE_OF(f.logs->length(attempt)) == 8);
        f.restart();
    }
    CHECK(f.append(8, "!") == 9);
    CHECK(VALUE_OF(f.logs->held(attempt)).sha256 == crypto::sha256(all + "!"));
}

TEST_CASE("an offset that is not the end of what is held stores nothing and tells the right one") {
    Fixture f;
    CHECK(f.append(3, "later") == 0);
    CHECK(f.append(0, "hello") == 5);
    for (const std::int64_t wrong : {0, 2, 4, 6, 1'000'000}) {
        const auto appended = VALUE_OF(f.logs->append(attempt, wrong, "HELLO WORLD"));
        CHECK_FALSE(appended.fits);
        CHECK(appended.held.bytes == 5);
    }
    CHECK(f.content() == "hello");
    CHECK(VALUE_OF(f.logs->append(attempt, 5, "")).fits);
    CHECK(f.append(5, " world") == 11);
    CHECK(VALUE_OF(f.logs->held(attempt)).sha256 == crypto::sha256("hello world"));
    REQUIRE_CODE(f.logs->append(attempt, -1, "x"), Code::invalid);
}

TEST_CASE("a log ends at its limit, and the chunk that goes beyond is refused whole") {
    Fixture f;
    f.append(0, "x");
    REQUIRE_DONE(f.open(".log")->truncate(limits::log_bytes_max - 2));
    f.restart();
    const auto refused = f.logs->append(attempt, static_cast<std::int64_t>(limits::log_bytes_max) - 2, "abc");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::limit);
    CHECK(VALUE_OF(f.logs->length(attempt)) == static_cast<std::int64_t>(limits::log_bytes_max) - 2);
    CHECK(f.append(static_cast<std::int64_t>(limits::log_bytes_max) - 2, "ab") ==
          static_cast<std::int64_t>(limits::log_bytes_max));
}

TEST_CASE("a log that is to be sent once more begins at 0") {
    Fixture f;
    f.append(0, "wrong bytes", {{0, 1}, {6, 2}});
    REQUIRE_DONE(f.logs->restart(attempt, crypto::sha256("wrong bytes")));
    CHECK(VALUE_OF(f.logs->held(attempt)).bytes == 0);
    CHECK(f.append(0, "right", {{0, 7}}) == 5);
    REQUIRE_DONE(f.logs->restart(attempt, crypto::sha256("wrong bytes")));
    CHECK(f.content() == "right");
    CHECK(f.marks(0) == "0@7 ");
    CHECK(VALUE_OF(f.logs->held(attempt)).sha256 == crypto::sha256("right"));
    f.restart();
    REQUIRE_DONE(f.logs->restart(attempt, crypto::sha256("right")));
    CHECK(VALUE_OF(f.logs->length(attempt)) == 0);
}

TEST_CASE("an attempt without a log has nothing, and asking makes no file") {
    Fixture f;
    CHECK(VALUE_OF(f.logs->length(attempt)) == 0);
    CHECK(VALUE_OF(f.logs->held(attempt)).bytes == 0);
    CHECK(VALUE_OF(f.logs->held(attempt)).sha256 == crypto::sha256(""));
    CHECK(f.marks(0).empty());
    CHECK(VALUE_OF(f.logs->events(attempt)).empty());
    REQUIRE_CODE(f.logs->read(attempt), Code::not_found);
    CHECK(VALUE_OF(VALUE_OF(f.files.root().open_directory("logs"))->list(10)).empty());
    REQUIRE_CODE(f.logs->append("../x", 0, "x"), Code::invalid);
}

TEST_CASE("time marks are stored once and served from an offset on with the last one before it") {
    Fixture f;
    f.append(0, "0123456789", {{0, 5}, {4, 6}, {4, 7}, {2, 8}, {10, 9}});
    f.append(0, "0123456789", {{0, 5}, {4, 6}});
    f.append(10, "0123456789", {{10, 10}, {15, 11}, {99, 12}});
    CHECK(f.marks(0) == "0@5 4@6 10@10 15@11 ");
    CHECK(f.marks(0, 1) == "0@5 ");
    CHECK(f.marks(5, 2) == "4@6 10@10 ");
    CHECK(f.marks(10) == "4@6 10@10 15@11 ");
    CHECK(f.marks(16) == "15@11 ");
}

TEST_CASE("marks that a crash left torn or ahead of the log are cut") {
    Fixture f;
    f.append(0, "0123456789", {{0, 5}});
    REQUIRE_DONE(f.open(".times")->append(std::string("\x0c\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0torn", 20)));
    f.restart();
    REQUIRE_DONE(f.logs->add_marks(attempt, {{3, 6}}));
    f.append(10, "0123456789", {{10, 7}, {13, 8}});
    CHECK(f.marks(0) == "0@5 3@6 10@7 13@8 ");
}

TEST_CASE("marks may come after their bytes, also when the log is closed") {
    Fixture f;
    f.append(0, "0123456789");
    REQUIRE_DONE(f.logs->add_marks(attempt, {{0, 5}, {4, 6}}));
    f.logs->close(attempt);
    REQUIRE_DONE(f.logs->add_marks(attempt, {{4, 6}, {8, 7}, {10, 8}}));
    CHECK(f.marks(0) == "0@5 4@6 8@7 ");
}

TEST_CASE("events are numbered lines; repeated ones are passed over, a gap stores nothing") {
    Fixture f;
    CHECK(VALUE_OF(f.logs->append_events(attempt, 1, {R"({"a":1})", R"({"a":2})"})) == 2);
    CHECK(VALUE_OF(f.logs->append_events(attempt, 4, {"gap"})) == 2);
    CHECK(VALUE_OF(f.logs->append_events(attempt, 2, {"twice", R"({"a":3})"})) == 3);
    CHECK(VALUE_OF(f.logs->append_events(attempt, 1, {})) == 3);
    f.restart();
    CHECK(VALUE_OF(f.logs->append_events(attempt, 4, {R"({"a":4})"})) == 4);
    CHECK(VALUE_OF(f.logs->events(attempt)) ==
          std::vector<std::string>{R"({"a":1})", R"({"a":2})", R"({"a":3})", R"({"a":4})"});
}

TEST_CASE("an event that was torn by a crash is cut and comes again") {
    Fixture f;
    CHECK(VALUE_OF(f.logs->append_events(attempt, 1, {"one"})) == 1);
    REQUIRE_DONE(f.open(".events")->append("tw"));
    f.restart();
    CHECK(VALUE_OF(f.logs->events(attempt)) == std::vector<std::string>{"one"});
    CHECK(VALUE_OF(f.logs->append_events(attempt, 2, {"two"})) == 2);
    CHECK(VALUE_OF(f.logs->events(attempt)) == std::vector<std::string>{"one", "two"});
}

TEST_CASE("events over their limits, numbered from 0 or with newlines are refused") {
    Fixture f;
    REQUIRE_CODE(f.logs->append_events(attempt, 0, {"x"}), Code::invalid);
    REQUIRE_CODE(f.logs->append_events(attempt, 1, {"a\nb"}), Code::invalid);
    REQUIRE_CODE(f.logs->append_events(attempt, 1, {std::string(limits::event_bytes_max + 1, 'x')}), Code::limit);
    REQUIRE_CODE(f.logs->append_events(attempt, static_cast<std::int64_t>(limits::events_max), {"x", "y"}),
                 Code::limit);
    CHECK(VALUE_OF(f.logs->events(attempt)).empty());
}

TEST_CASE("a follower hears of each durable length of its attempt until it is gone") {
    Fixture f;
    std::vector<std::int64_t> heard;
    auto follower = f.logs->follow(attempt, [&](std::int64_t length) {
        heard.push_back(length);
        CHECK(f.content().size() == static_cast<std::size_t>(length));
    });
    f.append(0, "hello");
    f.append(0, "hello");
    VALUE_OF(f.logs->append("0193503c-8c00-7000-8000-000000000002", 0, "other"));
    f.append(5, " world");
    CHECK(heard == std::vector<std::int64_t>{5, 11});
    follower.reset();
    f.append(11, "!");
    CHECK(heard.size() == 2);
}

TEST_CASE("a follower may end itself while it is being told, and may outlive the logs") {
    Fixture f;
    int calls = 0;
    std::unique_ptr<AttemptLogs::Follower> once = f.logs->follow(attempt, [&](std::int64_t) {
        ++calls;
        once.reset();
    });
    f.append(0, "a");
    f.append(1, "b");
    CHECK(calls == 1);
    auto late = f.logs->follow(attempt, [](std::int64_t) {});
    f.logs.reset();
    late.reset();
}

TEST_CASE("more attempts than open descriptors keep their logs, from several threads") {
    Fixture f;
    const auto id = [](int number) {
        std::string text = std::to_string(number);
        return "0193503c-8c00-7000-8000-" + std::string(12 - text.size(), '0') + text;
    };
    const auto work = [&](int first) {
        for (int round = 0; round < 2; ++round)
            for (int number = first; number < 300; number += 3)
                static_cast<void>(f.logs->append(id(number), round * 3, "abc"));
    };
    std::thread one(work, 0);
    std::thread two(work, 1);
    std::thread three(work, 2);
    for (std::thread* thread : {&one, &two, &three}) thread->join();
    for (int number = 0; number < 300; ++number) {
        const auto held = VALUE_OF(f.logs->held(id(number)));
        CHECK(held.sha256 == crypto::sha256("abcabc"));
        f.logs->close(id(number));
    }
    CHECK(VALUE_OF(f.logs->append(id(7), 6, "d")).held.bytes == 7);
}
