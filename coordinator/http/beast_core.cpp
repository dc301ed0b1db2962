#include "coordinator/http/beast_core.h"

#include "platform/base/bytes.h"

namespace slipway::http {
namespace {

constexpr std::size_t scratch_bytes = 64 * 1024;
constexpr std::size_t start_id_bytes = 6;

Core::PortFigures make_figures(Metrics& metrics, const std::string& port) {
    Core::PortFigures figures;
    for (std::size_t digit = 1; digit <= 5; ++digit)
        figures.by_class[digit] =
            &metrics.counter("slipway_http_requests", "Requests answered, by port and class of status.",
                             {{"port", port}, {"status", std::to_string(digit) + "xx"}});
    figures.seconds =
        &metrics.histogram("slipway_http_request_duration_seconds",
                           "Time from a request's first byte to the beginning of its answer.", {{"port", port}});
    figures.connections = &metrics.gauge("slipway_http_connections", "Open connections.", {{"port", port}});
    figures.parked = &metrics.gauge("slipway_http_parked_requests", "Long polls that wait.", {{"port", port}});
    figures.handshakes_failed =
        &metrics.counter("slipway_tls_handshakes_failed", "TLS handshakes that did not succeed.", {{"port", port}});
    figures.refused = &metrics.counter("slipway_http_connections_refused",
                                       "Connections closed at once because there were too many.", {{"port", port}});
    return figures;
}

}  // namespace

Core::Core(const ServerParts& given, Router table, const ServerOptions& wanted)
    : parts(given),
      router(std::move(table)),
      options(wanted),
      loop(std::make_shared<AsioLoop>(given.clock, wanted.tick)),
      scratch(scratch_bytes),
      figures{make_figures(given.metrics, "user"), make_figures(given.metrics, "agent")},
      start_id_(to_hex(given.random.bytes(start_id_bytes))) {}

std::string_view Core::date() {
    const Time now = parts.clock.wall();
    const std::int64_t second = now.us / 1'000'000;
    if (second != date_second_) {
        date_second_ = second;
        date_ = to_http_date(now);
    }
    return date_;
}

std::string Core::request_id(std::uint64_t number) const { return start_id_ + "-" + std::to_string(number); }

}  // namespace slipway::http
