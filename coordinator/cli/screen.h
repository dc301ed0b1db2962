#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "platform/base/time.h"
#include "platform/os/host.h"

namespace slipway::cli {

enum class Colour { none, good, bad, active, quiet };

/// Where a command's words go: results to `out`, everything about them (notes, progress, errors) to `err`.
struct Screen {
    std::ostream& out;
    std::ostream& err;
    os::Terminal out_terminal = {};
    os::Terminal err_terminal = {};
    bool colours = false;  ///< on `out`; never without a terminal
    bool json = false;     ///< results as JSON
    bool verbose = false;
    Time now = {};  ///< when the command began: what "3m ago" counts from

    std::string paint(std::string_view text, Colour colour) const;
    /// A line about what happens, in one line of harmless text.
    void note(std::string_view text) const;
};

/// "" for nothing, "12s ago", "in 3d 04h".
std::string relative(Time time, Time now);
/// "12.5 MiB"
std::string format_bytes(std::uint64_t bytes);
/// The colour of a state of a job, an attempt, a task, an agent or a token.
Colour colour_of_state(std::string_view state);

}  // namespace slipway::cli
