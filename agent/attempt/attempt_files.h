#pragma once

#include <memory>
#include <string>

#include "platform/os/files.h"
#include "platform/run/holder.h"

namespace slipway::attempt {

/// What an attempt process holds of its directory, opened before any task could change a name in it.
struct AttemptFiles {
    std::unique_ptr<os::Directory> directory;
    std::unique_ptr<os::Directory> work;
    std::unique_ptr<os::File> log;
    std::unique_ptr<os::File> marks;
    std::unique_ptr<os::File> events;
};

/// Makes the directory `name` in `attempts`, with all its files, empty, and the file `process`. Conflict if the name is
/// taken.
Result<AttemptFiles> make_attempt_files(os::Directory& attempts, const std::string& name, const run::Holder& holder);

}  // namespace slipway::attempt
