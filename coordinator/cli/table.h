#pragma once

#include <string>
#include <vector>

#include "coordinator/cli/screen.h"

namespace slipway::cli {

struct Column {
    enum class Align { left, right };
    enum class Width { kept, shrinks };  ///< shrinks: cut when the terminal is too narrow
    std::string title;
    Align align = Align::left;
    Width width = Width::kept;
};

struct Cell {
    Cell(std::string words) : text(std::move(words)) {}  // a row is a list of words
    Cell(const char* words) : text(words) {}
    Cell(std::string words, Colour shown) : text(std::move(words)), colour(shown) {}
    std::string text;  ///< from anywhere: it is made harmless when it is shown
    Colour colour = Colour::none;
};

/// Rows for people, columns aligned. Fits the terminal of `screen.out`; without a terminal nothing is cut.
class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<Cell> row);  ///< as many cells as columns
    bool empty() const { return rows_.empty(); }
    std::string text(const Screen& screen) const;

private:
    std::vector<std::size_t> widths(const Screen& screen) const;
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

/// "name: value" lines, values aligned; those with an empty value are left out.
class Facts {
public:
    void add(std::string name, Cell value);
    std::string text(const Screen& screen) const;

private:
    std::vector<std::pair<std::string, Cell>> facts_;
};

}  // namespace slipway::cli
