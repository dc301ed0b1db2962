#include "agent/journal/journal.h"

#include <set>

#include <catch2/catch.hpp>

#include "platform/os/file_steps.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/os/memory/memory_files.h"

namespace slipway::journal {
namespace {

/// The same numbers for the same seed.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed * 2 + 1) {}
    void fill(std::span<unsigned char> bytes) override {
        for (unsigned char& byte : bytes) {
            state_ = state_ * 6364136223846793005u + 1442695040888963407u;
            byte = static_cast<unsigned char>(state_ >> 56);
        }
    }

private:
    std::uint64_t state_;
};

JournalledOrder order(std::int64_t fence, std::string document = "document") {
    const std::string number = std::to_string(fence);
    return {"attempt-" + number, "job-" + number, fence, "boot", std::move(document)};
}

struct Disk {
    os::ManualClock clock;
    os::MemoryFiles files{clock};
    std::unique_ptr<os::Directory> state = files.make_directories("/state", 0700).value();

    Disk() { REQUIRE(files.open_directory("/").value()->sync()); }

    std::unique_ptr<Journal> open() {
        state = files.make_directories("/state", 0700).value();
        auto journal = Journal::open(*state);
        if (!journal) FAIL(journal.error().message);
        return *std::move(journal);
    }
    /// The file that is the journal now.
    std::string name() {
        const auto directory = state->open_directory("journal").value();
        return directory->status("0").value() ? "0" : "1";
    }
    std::string bytes() {
        const auto directory = state->open_directory("journal").value();
        return os::read_whole(*directory, name(), 100u << 20).value().value();
    }
    void write(std::uint64_t offset, const std::string& bytes) {
        const auto directory = state->open_directory("journal").value();
        const auto file = directory->open(name(), {.access = os::Access::read_write}).value();
        REQUIRE(file->write_at(offset, bytes));
    }
    std::size_t used() { return bytes().find_last_not_of('\0') + 1; }
};

std::vector<std::int64_t> fences(const Journal& journal) {
    std::vector<std::int64_t> all;
    for (const auto& [fence, order] : journal.orders()) all.push_back(fence);
    return all;
}

}  // namespace

TEST_CASE("an order without an end is found again as it was written") {
    Disk disk;
    {
        const auto journal = disk.open();
        journal->add(order(3, std::string("bytes\0of any\nkind", 17)));
        journal->add(order(5));
        REQUIRE(journal->sync());
        journal->end("attempt-5");
        REQUIRE(journal->sync());
        CHECK_FALSE(journal->dirty());
    }
    const auto again = disk.open();
    REQUIRE(fences(*again) == std::vector<std::int64_t>{3});
    const JournalledOrder& found = again->orders().at(3);
    CHECK(found.attempt == "attempt-3");
    CHECK(found.job == "job-3");
    CHECK(found.boot_id == "boot");
    CHECK(found.document == std::string("bytes\0of any\nkind", 17));
    CHECK(again->highest_fence() == 5);
}

TEST_CASE("an order that was given up is found as given up") {
    Disk disk;
    {
        const auto journal = disk.open();
        journal->add(order(1));
        journal->add(order(2));
        journal->give_up("attempt-2");
        journal->give_up("attempt-3");
        REQUIRE(journal->sync());
    }
    const auto again = disk.open();
    REQUIRE(fences(*again) == std::vector<std::int64_t>{1, 2});
    CHECK_FALSE(again->orders().at(1).given_up);
    CHECK(again->orders().at(2).given_up);
}

TEST_CASE("what is to be told again is found until its end") {
    Disk disk;
    {
        const auto journal = disk.open();
        journal->tell_again("attempt-1");
        journal->tell_again("attempt-2");
        REQUIRE(journal->sync());
        journal->end("attempt-2");
        REQUIRE(journal->sync());
    }
    CHECK(disk.open()->told_again() == std::set<std::string>{"attempt-1"});
    CHECK(disk.open()->orders().empty());
}

TEST_CASE("a record that was torn is cut and what stands before it counts") {
    Disk disk;
    {
        const auto journal = disk.open();
        journal->add(order(1));
        REQUIRE(journal->sync());
    }
    const std::size_t whole = disk.used();
    {
        const auto journal = disk.open();
        journal->add(order(2));
        REQUIRE(journal->sync());
    }
    const std::size_t end = disk.used();
    const std::string bytes = disk.bytes();
    for (std::size_t cut = whole; cut < end; ++cut) {
        disk.write(cut, std::string(end - cut, '\0'));
        const auto journal = disk.open();
        CHECK(fences(*journal) == std::vector<std::int64_t>{1});
        journal->add(order(9));
        REQUIRE(journal->sync());
        CHECK(fences(*disk.open()) == std::vector<std::int64_t>{1, 9});
        disk.write(0, bytes);
    }
}

TEST_CASE("a flipped bit in a record ends the journal before that record") {
    Disk disk;
    {
        const auto journal = disk.open();
        journal->add(order(1));
        REQUIRE(journal->sync());
    }
    const std::size_t whole = disk.used();
    {
        const auto journal = disk.open();
        journal->add(order(2));
        REQUIRE(journal->sync());
    }
    const std::size_t end = disk.used();
    const std::string bytes = disk.bytes();
    for (std::size_t at = whole; at < end; ++at) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        disk.write(0, damaged);
        CHECK(fences(*disk.open()) == std::vector<std::int64_t>{1});
    }
}

TEST_CASE("a journal whose head is damaged is refused and not begun anew") {
    Disk disk;
    {
        const auto journal = disk.open();
        journal->add(order(1));
        REQUIRE(journal->sync());
    }
    disk.write(10, "x");
    const auto opened = Journal::open(*disk.state);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::corrupt);
}

TEST_CASE("when most is dead the living orders and both fences go to the other file") {
    Disk disk;
    const std::string large(300 * 1024, 'x');
    {
        const auto journal = disk.open();
        const std::string first = disk.name();
        journal->prune(1);
        journal->tell_again("attempt-1");
        journal->add(order(2));
        journal->give_up("attempt-2");
        bool swapped = false;
        for (std::int64_t fence = 3; fence < 40; ++fence) {
            journal->add(order(fence, large));
            REQUIRE(journal->sync());
            journal->end("attempt-" + std::to_string(fence));
            REQUIRE(journal->sync());
            swapped |= disk.name() != first;
        }
        CHECK(swapped);
        CHECK(disk.bytes().size() < 8u << 20);
    }
    const auto again = disk.open();
    CHECK(fences(*again) == std::vector<std::int64_t>{2});
    CHECK(again->highest_fence() == 39);
    CHECK(again->pruned_fence() == 1);
    CHECK(again->told_again() == std::set<std::string>{"attempt-1"});
    CHECK(again->orders().at(2).given_up);
}

TEST_CASE("after a power cut at any operation all that was synced is there") {
    const std::string large(700 * 1024, 'x');
    for (int stop = 0;; ++stop) {
        Disk disk;
        SeededRandom random(static_cast<std::uint64_t>(stop));
        std::set<std::int64_t> synced;
        std::set<std::int64_t> ended;
        std::int64_t highest = 0;
        int operations = 0;
        bool cut = false;
        disk.files.on_operation([&](std::string_view, const std::string&) -> std::optional<Error> {
            if (cut || operations++ == stop) {
                cut = true;
                return Error{Code::io, "the power is gone"};
            }
            return std::nullopt;
        });
        if (auto opened = Journal::open(*disk.state)) {
            for (std::int64_t fence = 1; fence < 12 && !cut; ++fence) {
                (*opened)->add(order(fence, large));
                if (!(*opened)->sync()) break;
                synced.insert(fence);
                highest = fence;
                if (fence % 4 == 0) continue;
                (*opened)->end("attempt-" + std::to_string(fence));
                ended.insert(fence);  // durable or not: both are allowed until the next sync
                if (!(*opened)->sync()) break;
            }
        }
        disk.files.on_operation(nullptr);
        disk.files.power_cut(random);
        const auto again = disk.open();
        INFO("power cut at operation " << stop);
        CHECK(again->highest_fence() >= highest);
        for (const std::int64_t fence : synced)
            if (!ended.contains(fence)) CHECK(again->orders().contains(fence));
        for (const auto& [fence, found] : again->orders()) CHECK(found.document == large);
        if (!cut) break;
        REQUIRE(stop < 1000);
    }
}

TEST_CASE("a write that failed loses nothing and the next sync brings it") {
    Disk disk;
    {
        const auto journal = disk.open();
        disk.files.on_operation([](std::string_view operation, const std::string&) -> std::optional<Error> {
            if (operation != "write") return std::nullopt;
            return Error{Code::disk_full, "no space"};
        });
        journal->add(order(7));
        REQUIRE_FALSE(journal->sync());
        CHECK(journal->dirty());
        disk.files.on_operation(nullptr);
        REQUIRE(journal->sync());
    }
    CHECK(fences(*disk.open()) == std::vector<std::int64_t>{7});
}

}  // namespace slipway::journal
