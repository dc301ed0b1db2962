#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {

/// Figures for /metrics. Updating is one atomic addition from any thread; names are given once, at start.
class Counter {
public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t change) { value_.fetch_add(change, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_ = 0;
};

/// Durations in fixed buckets from 100 us to 60 s.
class Histogram {
public:
    static constexpr std::array<std::uint64_t, 12> bounds_us = {
        100, 300, 1'000, 3'000, 10'000, 30'000, 100'000, 300'000, 1'000'000, 3'000'000, 10'000'000, 60'000'000};
    void observe_us(std::uint64_t us);

private:
    friend class Metrics;
    std::array<std::atomic<std::uint64_t>, bounds_us.size() + 1> counts_ = {};
    std::atomic<std::uint64_t> sum_us_ = 0;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

enum class MetricsFormat {
    prometheus,    ///< text/plain; version=0.0.4
    open_metrics,  ///< application/openmetrics-text; version=1.0.0
};

/// The registry. Names: counters without their suffix ("slipway_http_requests", rendered with _total), histograms of
/// durations end in "_seconds". The same name and labels give the same figure again. Figures live as long as this. May
/// be used by any thread.
class Metrics {
public:
    Metrics();
    ~Metrics();

    Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
    Histogram& histogram(std::string_view name, std::string_view help, Labels labels = {});
    /// Asked each time the figures are rendered, in that thread. Call at start only.
    void gauge_from(std::string_view name, std::string_view help, std::function<std::int64_t()> value);

    std::string render(MetricsFormat format) const;
    static MetricsFormat format_for(std::string_view accept);  ///< what an Accept header asks for
    static std::string_view content_type(MetricsFormat format);

private:
    struct Figure;
    struct Family;
    Figure& figure(std::string_view name, std::string_view help, int kind, Labels labels);

    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Family>> families_;
};

}  // namespace slipway::http
