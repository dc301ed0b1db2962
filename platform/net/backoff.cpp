#include "platform/net/backoff.h"

#include <algorithm>

namespace slipway::net {

Duration Backoff::next(std::optional<Duration> retry_after) {
    Duration step = options_.first;
    for (int i = 0; i < failures_ && step < options_.ceiling; ++i) step *= 2;
    step = std::min(step, options_.ceiling);
    if (step < options_.ceiling) ++failures_;
    const Duration jitter{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(step.count()) + 1))};
    return std::clamp(retry_after.value_or(0us), Duration{0}, options_.retry_after_max) + jitter;
}

}  // namespace slipway::net
