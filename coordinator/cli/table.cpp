#include "coordinator/cli/table.h"

#include <algorithm>
#include <numeric>

#include "coordinator/cli/terminal_text.h"
#include "platform/base/assert.h"

namespace slipway::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t shrunk_columns_min = 8;

std::string blanks(std::size_t count) { return std::string(count, ' '); }

}  // namespace

void Table::add(std::vector<Cell> row) {
    ASSERT(row.size() == columns_.size());
    for (Cell& cell : row) cell.text = one_line(cell.text);
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(const Screen& screen) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = width_of(columns_[i].title);
        for (const auto& row : rows_) widest = std::max(widest, width_of(row[i].text));
        widths.push_back(widest);
    }
    if (!screen.out_terminal.is_terminal) return widths;
    const auto room = static_cast<std::size_t>(std::max(screen.out_terminal.columns, 1));
    for (;;) {
        const std::size_t used = std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
        if (used <= room) return widths;
        std::size_t widest = columns_.size();
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (columns_[i].width == Column::Width::shrinks && widths[i] > shrunk_columns_min &&
                (widest == columns_.size() || widths[i] > widths[widest]))
                widest = i;
        if (widest == columns_.size()) return widths;  // what must stay whole runs over the edge
        --widths[widest];
    }
}

std::string Table::text(const Screen& screen) const {
    const std::vector<std::size_t> wide = widths(screen);
    std::string out;
    const auto line = [&](const std::vector<Cell>& cells) {
        std::string written;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string shown = cut_to(cells[i].text, wide[i]);
            const std::string fill = blanks(wide[i] - std::min(wide[i], width_of(shown)));
            const bool right = columns_[i].align == Column::Align::right;
            const bool last = i + 1 == cells.size();
            written += (right ? fill : "") + screen.paint(shown, cells[i].colour) + (right || last ? "" : fill);
            if (!last) written += blanks(gap);
        }
        while (written.ends_with(' ')) written.pop_back();
        out += written + "\n";
    };
    std::vector<Cell> head;
    for (const Column& column : columns_) head.emplace_back(column.title, Colour::quiet);
    line(head);
    for (const auto& row : rows_) line(row);
    return out;
}

void Facts::add(std::string name, Cell value) {
    value.text = one_line(value.text);
    if (!value.text.empty()) facts_.emplace_back(std::move(name), std::move(value));
}

std::string Facts::text(const Screen& screen) const {
    std::size_t widest = 0;
    for (const auto& [name, value] : facts_) widest = std::max(widest, width_of(name));
    std::string out;
    for (const auto& [name, value] : facts_)
        out += screen.paint(name + ":", Colour::quiet) + blanks(widest - width_of(name) + 2) +
               screen.paint(value.text, value.colour) + "\n";
    return out;
}

}  // namespace slipway::cli
