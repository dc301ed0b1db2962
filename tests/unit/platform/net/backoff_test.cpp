#include "platform/net/backoff.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::net;

namespace {

class CountingRandom final : public Random {
public:
    void fill(std::span<unsigned char> bytes) override {
        state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(state_ >> (i % 8 * 8));
    }

private:
    std::uint64_t state_ = 7;
};

}  // namespace

TEST_CASE("waits stay within a step that doubles from half a second to thirty") {
    CountingRandom random;
    Backoff backoff(random);
    Duration step = 500ms;
    for (int i = 0; i < 20; ++i) {
        const Duration wait = backoff.next();
        CHECK(wait >= 0s);
        CHECK(wait <= step);
        step = std::min<Duration>(step * 2, 30s);
    }
    backoff.reset();
    CHECK(backoff.next() <= 500ms);
}

TEST_CASE("the jitter is full: it reaches from nothing to the whole step") {
    CountingRandom random;
    Duration least = 30s;
    Duration most = 0s;
    for (int i = 0; i < 1000; ++i) {
        Backoff backoff(random);
        const Duration wait = backoff.next();
        least = std::min(least, wait);
        most = std::max(most, wait);
    }
    CHECK(least < 25ms);
    CHECK(most > 475ms);
}

TEST_CASE("nobody comes back before the Retry-After") {
    CountingRandom random;
    Backoff backoff(random);
    CHECK(backoff.next(7s) >= 7s);
    CHECK(backoff.next(7s) <= 7s + 1s);
    CHECK(backoff.next(-5s) >= 0s);
    CHECK(backoff.next(1000h) <= 10min + 30s);  // a server that answers nonsense does not silence an agent
}
