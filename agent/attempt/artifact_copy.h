#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "platform/base/states.h"
#include "platform/crypto/sha256.h"
#include "platform/os/files.h"
#include "platform/os/loop.h"
#include "platform/wire/order.h"

namespace slipway::attempt {

/// Copies one artifact from the agent's cache to work/<alias>, a part in each turn of the loop, and hashes what it
/// copies. Never a link to the cache: tasks may write. Destroying it ends the copying.
class ArtifactCopy {
public:
    /// Error: reason artifact_missing (not in the cache), artifact_corrupt (then the blob was removed from the cache),
    /// disk_full or none.
    using Done = std::function<void(Result<>)>;

    /// `cache`, `work` and `artifact` outlive it. Calls `done` once, not inside this call.
    ArtifactCopy(os::Loop& loop, os::Directory& cache, os::Directory& work, const wire::OrderArtifact& artifact,
                 Done done);

private:
    void turn();
    Result<bool> copy_part();  ///< true: finished
    Result<> open();
    Result<> judge();

    os::Loop& loop_;
    os::Directory& cache_;
    os::Directory& work_;
    const wire::OrderArtifact& artifact_;
    Done done_;
    os::Handle next_;
    std::unique_ptr<os::File> from_;
    std::unique_ptr<os::File> to_;
    std::vector<char> buffer_;
    std::uint64_t offset_ = 0;
    crypto::Sha256 digest_;
};

}  // namespace slipway::attempt
