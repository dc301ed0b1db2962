#pragma once

#include <functional>
#include <memory>
#include <string>

#include "platform/os/files.h"
#include "platform/os/loop.h"

namespace slipway::os {

/// Tells when files change, without polling. Used in the loop's thread.
class FileWatches {
public:
    virtual ~FileWatches() = default;

    /// Calls after entry `name` of the directory (any entry if empty) was made, written, moved to or from, or removed;
    /// once per turn however much happened, and at least once after the last change. Follows the directory when that is
    /// renamed. Nothing is told about the time before the call: look once after it. When the system lost events, every
    /// function is called.
    [[nodiscard]] virtual Result<Handle> watch(Directory& directory, std::string name,
                                               std::function<void()> function) = 0;
};

/// `loop` outlives it.
Result<std::unique_ptr<FileWatches>> make_file_watches(EventLoop& loop);

}  // namespace slipway::os
