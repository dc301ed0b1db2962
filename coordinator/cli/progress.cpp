#include "coordinator/cli/progress.h"

#include <algorithm>

#include "coordinator/cli/terminal_text.h"

namespace slipway::cli {
namespace {

constexpr Duration between_drawings = 100ms;
constexpr std::size_t bar_columns_max = 30;
constexpr std::size_t bar_columns_min = 5;

}  // namespace

Progress::Progress(const Screen& screen, Clock& clock, std::string what, std::uint64_t total)
    : screen_(screen),
      clock_(clock),
      what_(one_line(what)),
      total_(total),
      shown_(screen.err_terminal.is_terminal && !screen.json),
      begin_(clock.steady()) {}

Progress::~Progress() {
    if (!shown_ || !begun_) return;
    draw(clock_.steady());
    screen_.err << "\n" << std::flush;
}

void Progress::at(std::uint64_t done) {
    const Steady now = clock_.steady();
    if (!begun_) first_ = done;
    done_ = done;
    if (!shown_ || (begun_ && now - drawn_ < between_drawings)) return;
    begun_ = true;
    draw(now);
}

void Progress::draw(Steady now) {
    drawn_ = now;
    screen_.err << "\r\x1b[K" << line(now) << std::flush;
}

std::string Progress::line(Steady now) const {
    const auto room = static_cast<std::size_t>(std::max(screen_.err_terminal.columns - 1, 1));
    const std::uint64_t percent =
        total_ == 0 ? 100
                    : static_cast<std::uint64_t>(100.0 * static_cast<double>(done_) / static_cast<double>(total_));
    std::string figures = std::to_string(percent) + " %  " + format_bytes(done_) + " of " + format_bytes(total_);
    const double seconds = static_cast<double>((now - begin_).count()) / 1e6;
    const std::uint64_t moved = done_ - std::min(first_, done_);
    if (seconds > 1 && moved > 0) {
        const double rate = static_cast<double>(moved) / seconds;
        figures += "  " + format_bytes(static_cast<std::uint64_t>(rate)) + "/s";
        if (done_ < total_)
            figures += "  " +
                       format_duration(std::chrono::seconds{
                           static_cast<std::int64_t>(static_cast<double>(total_ - done_) / rate)}) +
                       " left";
    }
    const std::size_t words = width_of(what_) + width_of(figures) + 6;
    const std::size_t bar = room > words ? std::min(room - words, bar_columns_max) : 0;
    if (bar < bar_columns_min) return cut_to(what_ + "  " + figures, room);
    const auto full = static_cast<std::size_t>(percent * bar / 100);
    return what_ + "  [" + std::string(full, '#') + std::string(bar - full, '.') + "]  " + figures;
}

}  // namespace slipway::cli
