#include "platform/archive/ledger.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::archive;

namespace {

Entry file(std::string name, std::uint64_t size = 0) { return {.name = std::move(name), .size = size}; }
Entry folder(std::string name) { return {.name = std::move(name), .kind = EntryKind::folder}; }
Entry symbolic_link(std::string name, std::string target) {
    return {.name = std::move(name), .kind = EntryKind::symbolic_link, .link = std::move(target)};
}
Entry hard_link(std::string name, std::string target) {
    return {.name = std::move(name), .kind = EntryKind::hard_link, .link = std::move(target)};
}

/// What becomes of the entries in this order: "accepted" or the refusal.
std::string fate_of(const std::vector<Entry>& entries, const UnpackLimits& limits = {}) {
    Ledger ledger(limits);
    for (const auto& entry : entries)
        if (auto step = ledger.accept(entry); !step) return step.error().message;
    const auto links = ledger.check_symbolic_links();
    return links ? "accepted" : links.error().message;
}

}  // namespace

TEST_CASE("folders that no entry named are made before what lies in them, once") {
    Ledger ledger({});
    const auto first = ledger.accept(file("a/b/c"));
    REQUIRE(first);
    CHECK(first->missing_folders == std::vector<std::string>{"a", "a/b"});
    CHECK(ledger.accept(file("a/b/d"))->missing_folders.empty());
    const auto named = ledger.accept(folder("a/"));
    REQUIRE(named);
    CHECK(named->folder_exists);
    CHECK(ledger.accept(folder("a/")).error().message == "\"a/\": the name comes twice");
}

TEST_CASE("nothing is put below a link, whichever comes first") {
    CHECK(fate_of({folder("d"), symbolic_link("l", "d"), file("l/x")}).find("which is a symbolic link") !=
          std::string::npos);
    CHECK(fate_of({file("d/x"), symbolic_link("d", "e")}).find("twice") != std::string::npos);
    CHECK(fate_of({symbolic_link("L", "d"), file("l/x")}).find("which is a symbolic link") != std::string::npos);
}

TEST_CASE("a hard link goes to an earlier file, in its own spelling") {
    CHECK(fate_of({file("a"), hard_link("b", "a"), hard_link("c", "./b")}) == "accepted");
    for (const auto& entries : std::vector<std::vector<Entry>>{{hard_link("b", "a"), file("a")},
                                                               {file("a"), hard_link("b", "A")},
                                                               {folder("a"), hard_link("b", "a")},
                                                               {symbolic_link("a", "x"), hard_link("b", "a")},
                                                               {hard_link("b", "../a")},
                                                               {hard_link("b", "./")}})
        CHECK(fate_of(entries).starts_with("\"b\": it is a hard link"));
}

TEST_CASE("symbolic links are followed through the finished tree and stay inside it") {
    CHECK(fate_of({symbolic_link("a/l", "../b"), file("b")}) == "accepted");
    CHECK(fate_of({symbolic_link("l", "later/file")}) == "accepted");
    CHECK(fate_of({symbolic_link("a/l", "../../b")}).find("leaves") != std::string::npos);
    CHECK(fate_of({symbolic_link("d/up", ".."), symbolic_link("e", "d/up/..")}).find("leaves") != std::string::npos);
    // Real folders lead back to a place that the text does not show.
    CHECK(fate_of({file("x/y/z"), symbolic_link("q/w/e/s", "../../../x/y"), symbolic_link("t", "q/w/e/s/../../..")})
              .find("leaves") != std::string::npos);
    CHECK(fate_of({symbolic_link("a", "b"), symbolic_link("b", "a")}).find("circle") != std::string::npos);
    CHECK(fate_of({symbolic_link("a", "gone/../b")}).find("missing") != std::string::npos);
    CHECK(fate_of({file("f"), symbolic_link("a", "f/../b")}).find("file") != std::string::npos);
}

TEST_CASE("entries, folders, bytes and names are counted to their limits and not one further") {
    CHECK(fate_of({file("a"), file("b/c")}, {.entries_max = 3}) == "accepted");
    CHECK(fate_of({file("a"), file("b/c"), file("d")}, {.entries_max = 3}) ==
          "\"d\": more entries and folders than allowed (limit 3)");
    CHECK(fate_of({file("a", 60), file("b", 40)}, {.bytes_max = 100}) == "accepted");
    CHECK(fate_of({file("a", 60), file("b", 41)}, {.bytes_max = 100}) ==
          "\"b\": the archive declares more bytes than allowed (limit 100)");
    CHECK(fate_of({file("a", UINT64_MAX)}).find("(limit 68719476736)") != std::string::npos);
    CHECK(fate_of({file("aa"), symbolic_link("bb", "c")}, {.names_bytes_max = 5}) == "accepted");
    CHECK(fate_of({file("aa"), symbolic_link("bb", "cc")}, {.names_bytes_max = 5}).find("(limit 5)") !=
          std::string::npos);
}
