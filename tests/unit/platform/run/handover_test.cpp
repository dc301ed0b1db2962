#include "platform/run/handover.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"

using namespace slipway;

TEST_CASE("a handover is the same in whatever pieces it comes") {
    const std::string document = std::string("{\"payload\":\"x\0y\"}", 17);
    const std::string stream = run::order_frame(document) + run::go_frame() + "ignored";
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        run::HandoverReader reader;
        std::optional<std::string> order;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            REQUIRE(reader.feed(std::string_view(stream).substr(at, piece)));
            if (auto taken = reader.take_order()) order = taken;
        }
        CHECK(order == document);
        CHECK(reader.go());
        CHECK_FALSE(reader.take_order());
    }
}

TEST_CASE("an order alone is not go") {
    run::HandoverReader reader;
    REQUIRE(reader.feed(run::order_frame("{}")));
    CHECK(reader.take_order() == "{}");
    CHECK_FALSE(reader.go());
}

TEST_CASE("half an order is none") {
    run::HandoverReader reader;
    REQUIRE(reader.feed(run::order_frame("{}").substr(0, 6)));
    CHECK_FALSE(reader.take_order());
}

TEST_CASE("an order may be as long as the limit and not a byte longer") {
    run::HandoverReader longest;
    REQUIRE(longest.feed(run::order_frame(std::string(limits::order_bytes_max, 'x'))));
    CHECK(longest.take_order()->size() == limits::order_bytes_max);

    run::HandoverReader longer;
    const auto refused = longer.feed(run::order_frame(std::string(limits::order_bytes_max + 1, 'x')).substr(0, 5));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::limit);
    CHECK_FALSE(longer.feed(run::order_frame("{}")));
}

TEST_CASE("what is no handover is refused") {
    const std::string order = run::order_frame("{}");
    for (const std::string& stream : {std::string("hello"), run::go_frame(), order + order, run::order_frame("")}) {
        run::HandoverReader reader;
        CAPTURE(stream);
        const auto refused = reader.feed(stream);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::corrupt);
        CHECK_FALSE(reader.go());
    }
}
