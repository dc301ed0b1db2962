#pragma once

#include <optional>

#include "platform/base/ids.h"
#include "platform/base/time.h"

namespace slipway::net {

/// How long to wait before trying again: full jitter, so that many agents who lost the same coordinator do not come
/// back together. Pure: the caller waits.
class Backoff {
public:
    struct Options {
        Duration first = 500ms;
        Duration ceiling = 30s;
        Duration retry_after_max = 10min;  ///< a larger Retry-After counts as this
    };

    explicit Backoff(Random& random) : Backoff(random, Options{}) {}
    Backoff(Random& random, Options options) : random_(random), options_(options) {}

    /// Uniform in [0, step], the step doubling from `first` to `ceiling` with each call. With a Retry-After: that, and
    /// the same jitter on top.
    Duration next(std::optional<Duration> retry_after = std::nullopt);
    void reset() { failures_ = 0; }  ///< after a success

private:
    Random& random_;
    Options options_;
    int failures_ = 0;
};

}  // namespace slipway::net
