#include "tests/bench/load/durations.h"

#include <algorithm>
#include <optional>

namespace slipway::bench {

void Durations::write(json::Writer& out, std::string_view name) {
    std::ranges::sort(all_);
    const auto at = [this](std::size_t percent) -> std::int64_t {
        return all_[std::min(all_.size() * percent / 100, all_.size() - 1)].count();
    };
    out.begin_object(name);
    out.field("count", all_.size());
    for (const auto& [field, percent] : {std::pair("min_us", 0), std::pair("p50_us", 50), std::pair("p90_us", 90),
                                         std::pair("p99_us", 99), std::pair("max_us", 100)}) {
        if (all_.empty())
            out.field(field, nullptr);
        else
            out.field(field, at(static_cast<std::size_t>(percent)));
    }
    out.end_object();
}

}  // namespace slipway::bench
