#include "coordinator/http/metrics.h"

#include <algorithm>
#include <cstdio>

#include "platform/base/assert.h"

namespace slipway::http {
namespace {

enum Kind { counter_kind, gauge_kind, histogram_kind };

std::string_view kind_name(int kind) {
    if (kind == counter_kind) return "counter";
    return kind == gauge_kind ? "gauge" : "histogram";
}

/// {a="b",le="0.1"}: `extra` is one more pair, already escaped.
std::string label_text(const Labels& labels, std::string_view extra = {}) {
    std::string out;
    for (const auto& [name, value] : labels) {
        out.append(out.empty() ? "" : ",").append(name).append("=\"");
        for (const char c : value) {
            if (c == '"' || c == '\\') out += '\\';
            if (c == '\n')
                out += "\\n";
            else
                out += c;
        }
        out += '"';
    }
    if (!extra.empty()) out.append(out.empty() ? "" : ",").append(extra);
    return out.empty() ? out : "{" + out + "}";
}

std::string seconds(std::uint64_t us) {
    char text[32];
    const int length = std::snprintf(text, sizeof text, "%.6g", static_cast<double>(us) / 1e6);
    return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace

struct Metrics::Figure {
    Labels labels;
    Counter counter;
    Gauge gauge;
    std::unique_ptr<Histogram> histogram;
    std::function<std::int64_t()> source;
};

struct Metrics::Family {
    std::string name;
    std::string help;
    int kind = counter_kind;
    std::vector<std::unique_ptr<Figure>> figures;
};

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

void Histogram::observe_us(std::uint64_t us) {
    const auto bound = std::lower_bound(bounds_us.begin(), bounds_us.end(), us);
    counts_[static_cast<std::size_t>(bound - bounds_us.begin())].fetch_add(1, std::memory_order_relaxed);
    sum_us_.fetch_add(us, std::memory_order_relaxed);
}

Metrics::Figure& Metrics::figure(std::string_view name, std::string_view help, int kind, Labels labels) {
    const std::lock_guard lock(mutex_);
    auto family =
        std::find_if(families_.begin(), families_.end(), [&](const auto& known) { return known->name == name; });
    if (family == families_.end()) {
        families_.push_back(std::make_unique<Family>(Family{std::string(name), std::string(help), kind, {}}));
        family = families_.end() - 1;
    }
    ASSERT((*family)->kind == kind);
    auto& figures = (*family)->figures;
    const auto found =
        std::find_if(figures.begin(), figures.end(), [&](const auto& known) { return known->labels == labels; });
    if (found != figures.end()) return **found;
    figures.push_back(std::make_unique<Figure>());
    figures.back()->labels = std::move(labels);
    return *figures.back();
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
    return figure(name, help, counter_kind, std::move(labels)).counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
    return figure(name, help, gauge_kind, std::move(labels)).gauge;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, Labels labels) {
    Figure& made = figure(name, help, histogram_kind, std::move(labels));
    const std::lock_guard lock(mutex_);
    if (!made.histogram) made.histogram = std::make_unique<Histogram>();
    return *made.histogram;
}

void Metrics::gauge_from(std::string_view name, std::string_view help, std::function<std::int64_t()> value) {
    figure(name, help, gauge_kind, {}).source = std::move(value);
}

std::string Metrics::render(MetricsFormat format) const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& family : families_) {
        const std::string total = family->kind == counter_kind ? "_total" : "";
        const std::string announced = family->name + (format == MetricsFormat::prometheus ? total : "");
        out.append("# HELP ").append(announced).append(" ").append(family->help).append("\n");
        out.append("# TYPE ").append(announced).append(" ").append(kind_name(family->kind)).append("\n");
        for (const auto& figure : family->figures) {
            const std::string labels = label_text(figure->labels);
            if (family->kind == counter_kind) {
                out += family->name + total + labels + " " + std::to_string(figure->counter.value()) + "\n";
            } else if (family->kind == gauge_kind) {
                const std::int64_t value = figure->source ? figure->source() : figure->gauge.value();
                out += family->name + labels + " " + std::to_string(value) + "\n";
            } else {
                std::uint64_t sum = 0;
                for (std::size_t i = 0; i <= Histogram::bounds_us.size(); ++i) {
                    sum += figure->histogram->counts_[i].load(std::memory_order_relaxed);
                    const std::string bound =
                        i < Histogram::bounds_us.size() ? seconds(Histogram::bounds_us[i]) : "+Inf";
                    out += family->name + "_bucket" + label_text(figure->labels, "le=\"" + bound + "\"") + " " +
                           std::to_string(sum) + "\n";
                }
                const std::uint64_t us = figure->histogram->sum_us_.load(std::memory_order_relaxed);
                out += family->name + "_sum" + labels + " " + seconds(us) + "\n";
                out += family->name + "_count" + labels + " " + std::to_string(sum) + "\n";
            }
        }
    }
    if (format == MetricsFormat::open_metrics) out += "# EOF\n";
    return out;
}

MetricsFormat Metrics::format_for(std::string_view accept) {
    return accept.find("application/openmetrics-text") == std::string_view::npos ? MetricsFormat::prometheus
                                                                                 : MetricsFormat::open_metrics;
}

std::string_view Metrics::content_type(MetricsFormat format) {
    return format == MetricsFormat::prometheus ? "text/plain; version=0.0.4; charset=utf-8"
                                               : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

}  // namespace slipway::http
