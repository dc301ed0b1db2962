#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "platform/base/ids.h"
#include "platform/os/memory/manual_loop.h"
#include "tests/sim/kinds.h"
#include "tests/sim/mutations.h"

namespace slipway::sim {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<unsigned char> bytes) override {
        for (auto& byte : bytes) byte = static_cast<unsigned char>(engine_());
    }

private:
    std::mt19937_64 engine_;
};

using Counts = std::array<std::uint64_t, kinds>;

/// What all parts of one history share: the time, the choices, what is to happen, the story.
class Scene {
public:
    Scene(std::uint64_t seed, Mutation mutation_, bool tells_)
        : random(seed * 2 + 1), mutation(mutation_), tells(tells_), dice_(seed) {}

    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(high - low + 1)));
    }
    Duration within(Duration low, Duration high) { return Duration{between(low.count(), high.count())}; }
    bool chance(int of_thousand) { return between(1, 1000) <= of_thousand; }
    /// Something that goes wrong, as long as things may.
    bool fault(int of_thousand) { return faults && chance(of_thousand); }
    bool fault(Kind kind, int of_thousand) {
        const bool happens_now = fault(of_thousand);
        if (happens_now) happens(kind);
        return happens_now;
    }
    void happens(Kind kind) { ++counts[static_cast<std::size_t>(kind)]; }

    Steady now() { return clock_.steady(); }
    /// A machine's own: its wall clock may be set, its steady time is that of all.
    os::ManualClock& new_clock() { return clocks_.emplace_back(clock_.wall(), clock_.steady()); }
    void advance(Duration duration) {
        clock_.advance(duration);
        for (os::ManualClock& clock : clocks_) clock.advance(duration);
    }

    void after(Duration duration, std::function<void()> function) {
        agenda_.emplace(std::pair(now().us + duration.count(), ++last_), std::move(function));
    }
    std::optional<Steady> next() const {
        return agenda_.empty() ? std::nullopt : std::optional(Steady{agenda_.begin()->first.first});
    }
    /// REQUIRES: next()
    void act() {
        const auto function = std::move(agenda_.begin()->second);
        agenda_.erase(agenda_.begin());
        function();
    }

    void tell(const std::string& line);
    void violated(const std::string& rule);

    SeededRandom random;  ///< the programs' own
    const Mutation mutation;
    const bool tells;
    bool faults = true;
    Counts counts{};
    std::string violation;  ///< the first one

private:
    SeededRandom dice_;
    os::ManualClock clock_;
    std::deque<os::ManualClock> clocks_;
    std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> agenda_;
    std::uint64_t last_ = 0;
};

}  // namespace slipway::sim
