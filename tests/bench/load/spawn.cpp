#include "platform/json/writer.h"
#include "platform/os/clock.h"
#include "tests/bench/load/child.h"
#include "tests/bench/load/commands.h"

namespace slipway::bench {

/// --count children one after the other, --in-flight of them at once: started, ended, reaped.
Result<std::string> spawn(const Options& options) {
    TRY(options.only({"child", "count", "in-flight"}));
    TRY_ASSIGN(const auto child, options.text("child"));
    TRY_ASSIGN(const auto count, options.number("count", 2000));
    TRY_ASSIGN(const auto in_flight, options.number("in-flight", 8));
    os::SystemClock clock;
    const Steady began = clock.steady();
    std::int64_t started = 0;
    for (std::int64_t ended = 0; ended < count; ++ended) {
        while (started < count && started - ended < in_flight) {
            TRY(spawn_child(child, ""));
            ++started;
        }
        TRY(reap_child());
    }
    const Duration took = clock.steady() - began;
    json::Writer out;
    out.begin_object();
    out.field("children", count);
    out.field("in_flight", in_flight);
    out.field("took_us", took.count());
    out.field("children_per_s", count * 1'000'000 / took.count());
    out.end_object();
    return std::move(out).take();
}

}  // namespace slipway::bench
