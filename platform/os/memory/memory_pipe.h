#pragma once

#include <memory>

#include "platform/os/pipe.h"

namespace slipway::os {

/// A stream of bytes in memory, of any size: its ends belong to two simulated processes with a loop each. An end that
/// is destroyed is closed.
class MemoryPipe {
public:
    MemoryPipe();

    std::unique_ptr<PipeReader> open_reader(Loop& loop);
    std::unique_ptr<PipeWriter> open_writer();

private:
    struct State;
    class Reader;
    class Writer;
    std::shared_ptr<State> state_;
};

}  // namespace slipway::os
