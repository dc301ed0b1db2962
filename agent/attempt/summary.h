#pragma once

#include <string>
#include <string_view>

namespace slipway::attempt {

/// Watches a task's output go by and keeps its end, to quote the line that most likely says what went wrong.
class LastLines {
public:
    void feed(std::string_view bytes);
    void clear() { tail_.clear(); }

    /// The last line that speaks of an error, else the last that is not empty, without colours and control characters.
    /// Empty if there was no output.
    std::string telling_line() const;

private:
    std::string tail_;
};

}  // namespace slipway::attempt
