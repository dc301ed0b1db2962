#pragma once

#include "coordinator/cli/screen.h"
#include "coordinator/cli/terminal_text.h"
#include "platform/base/result.h"

namespace slipway::cli {

/// Bytes of a log on their way to standard output: as they are, or made harmless for a terminal.
class LogOutput {
public:
    explicit LogOutput(const Screen& screen)
        : screen_(screen), filter_(screen.colours ? LogFilter::Colours::keep : LogFilter::Colours::drop) {}

    /// Code::io with reason "output_closed" when nobody reads any more.
    Result<> write(std::string_view bytes);
    void end();

private:
    const Screen& screen_;
    LogFilter filter_;
    char last_ = '\n';
};

}  // namespace slipway::cli
