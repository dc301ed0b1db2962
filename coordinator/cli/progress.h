#pragma once

#include <cstdint>
#include <string>

#include "coordinator/cli/screen.h"

namespace slipway::cli {

/// One line on stderr that is drawn over and over while bytes move; nothing at all without a terminal or with --json.
class Progress {
public:
    Progress(const Screen& screen, Clock& clock, std::string what, std::uint64_t total);
    ~Progress();  ///< leaves the line as it is, whole or not
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void at(std::uint64_t done);  ///< draws at most ten times a second

private:
    void draw(Steady now);
    std::string line(Steady now) const;

    const Screen& screen_;
    Clock& clock_;
    std::string what_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
    std::uint64_t first_ = 0;  ///< where it began: a resumed push did not move what was there
    bool begun_ = false;
    bool shown_;
    Steady begin_;
    Steady drawn_;
};

}  // namespace slipway::cli
