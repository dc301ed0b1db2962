#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "platform/base/time.h"
#include "platform/json/writer.h"

namespace slipway::bench {

/// Measured durations, kept one by one: a few hundred thousand at most, and exact percentiles.
class Durations {
public:
    void add(Duration one) { all_.push_back(one); }
    std::size_t count() const { return all_.size(); }

    /// {"count", "min_us", "p50_us", "p90_us", "p99_us", "max_us"}; the times are null without a measurement.
    void write(json::Writer& out, std::string_view name);

private:
    std::vector<Duration> all_;
};

}  // namespace slipway::bench
