#include "platform/run/attempts_folder.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "platform/os/file_steps.h"
#include "platform/run/attempt_view.h"
#include "platform/run/cancel.h"
#include "platform/run/names.h"
#include "tests/suites/os_fixtures.h"
#include "tests/unit/platform/wire/samples.h"

using namespace slipway;

TEST_CASE_METHOD(os::SystemFilesFixture, "the folder of attempts is listed by what its names mean") {
    for (const std::string& name : {samples::attempt_2, samples::attempt, std::string(".next-2"),
                                    std::string(".old-0-x"), std::string("lost+found")})
        static_cast<void>(VALUE_OF(root().make_directory(name, 0700)));
    REQUIRE_DONE(os::replace_whole(root(), samples::job, "a file"));
    const auto listing = VALUE_OF(run::list_attempts(root()));
    CHECK(listing.attempts == std::vector<std::string>{samples::attempt, samples::attempt_2});
    CHECK(listing.waiting == std::vector<std::string>{".next-2"});
    CHECK(listing.discarded == std::vector<std::string>{".old-0-x"});
    CHECK(listing.foreign == std::vector<std::string>{samples::job, "lost+found"});
}

TEST_CASE_METHOD(os::SystemFilesFixture, "a missing directory is made again from the order's bytes") {
    const std::string document = wire::seal_order(samples::order());
    REQUIRE_DONE(run::remake_attempt(root(), samples::attempt, document));
    const auto view = VALUE_OF(run::AttemptView::open(root(), samples::attempt, user()));
    CHECK(VALUE_OF(view->order()) == document);
    CHECK_FALSE(view->log_tampered());
    CHECK_FALSE(VALUE_OF(view->begun()));
    CHECK_FALSE(VALUE_OF(view->holder()));
}

TEST_CASE_METHOD(os::SystemFilesFixture, "an order with other bytes is rewritten and what was logged stays") {
    const std::string document = wire::seal_order(samples::order());
    REQUIRE_DONE(run::remake_attempt(root(), samples::attempt, document));
    const auto place = VALUE_OF(root().open_directory(samples::attempt));
    REQUIRE_DONE(VALUE_OF(place->open(run::log_name, {.access = os::Access::write}))->append("kept"));
    REQUIRE_DONE(place->remove_tree(run::order_name));
    SECTION("other bytes") { REQUIRE_DONE(os::replace_whole(*place, run::order_name, "{}")); }
    SECTION("a link") { REQUIRE_DONE(place->make_link(run::order_name, "log")); }
    SECTION("a folder") { static_cast<void>(VALUE_OF(place->make_directory(run::order_name, 0700))); }
    SECTION("too long") {
        REQUIRE_DONE(os::replace_whole(*place, run::order_name, std::string(limits::order_bytes_max + 1, 'x')));
    }
    SECTION("nothing") {}
    REQUIRE_DONE(run::remake_attempt(root(), samples::attempt, document));
    const auto view = VALUE_OF(run::AttemptView::open(root(), samples::attempt, user()));
    CHECK(VALUE_OF(view->order()) == document);
    CHECK(VALUE_OF(view->read_log(0, 10)) == "kept");
}

TEST_CASE_METHOD(os::SystemFilesFixture, "a directory is moved away, also twice, and may be gone already") {
    REQUIRE_DONE(run::discard_attempt(root(), samples::attempt));
    static_cast<void>(VALUE_OF(root().make_directory(samples::attempt, 0700)));
    REQUIRE_DONE(run::discard_attempt(root(), samples::attempt));
    static_cast<void>(VALUE_OF(root().make_directory(samples::attempt, 0700)));
    REQUIRE_DONE(run::discard_attempt(root(), samples::attempt));
    const auto listing = VALUE_OF(run::list_attempts(root()));
    CHECK(listing.attempts.empty());
    CHECK(listing.discarded.size() == 2);
}

TEST_CASE_METHOD(os::SystemFilesFixture, "a cancel says its grace, and a later one goes before") {
    REQUIRE_DONE(run::write_cancel(root(), 10));
    REQUIRE_DONE(run::write_cancel(root(), 3));
    CHECK(run::parse_cancel(VALUE_OF(os::read_whole(root(), run::cancel_name, 64)).value()) == 3);
    CHECK(run::parse_cancel("0") == 0);
    CHECK(run::parse_cancel(std::to_string(limits::cancel_grace_s_max)) == limits::cancel_grace_s_max);
    const std::string bad = GENERATE(as<std::string>{}, "", "-1", "601", "5s", " 5", "99999999999999999999");
    CHECK_FALSE(run::parse_cancel(bad));
}

TEST_CASE("the holder of a directory is read as it was written") {
    const run::Holder holder{"k3-7", {"b7a1f0de-5a52-4c0c-9a0e-1d2f3a4b5c6d", 4711, 123'456}};
    CHECK(run::decode_holder(run::encode(holder)).value() == holder);
    const std::string bad = GENERATE(as<std::string>{}, "", "k3", "k3\n", "k3\nboot 1 2", "../k\nboot 1 2\n",
                                     "k3\nboot x 2\n", "k3\nboot 1 2\n\n");
    CHECK(run::decode_holder(bad).error().code == Code::corrupt);
}
