#pragma once

#include <memory>
#include <string>

#include "platform/base/ids.h"
#include "platform/base/time.h"
#include "platform/os/files.h"

namespace slipway {

/// The coordinator's state directory, locked: one process at a time. A second one is refused with the first one's pid.
struct State {
    std::unique_ptr<os::Directory> directory;
    std::unique_ptr<os::FileLock> lock;
    std::string secret;  ///< of secret.key: authenticates cursors
};
Result<State> open_state(const std::string& path, os::Files& files, Random& random);

/// The one-time code that makes the first administrator, in the file `bootstrap` (0600) as JSON:
/// {"url": "https://...", "code": "...", "ca_sha256": "..."}. The same code again after a restart.
struct BootstrapFile {
    std::string path;
    std::string code;
};
Result<BootstrapFile> write_bootstrap(State& state, Random& random, const std::string& url,
                                      const std::string& ca_sha256);

}  // namespace slipway
