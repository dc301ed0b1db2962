#pragma once

#include "coordinator/cli/progress.h"
#include "coordinator/cli/transport.h"
#include "platform/crypto/sha256.h"
#include "platform/os/files.h"

namespace slipway::cli {

/// Adds the first `size` bytes of the file; Ctrl-C is heard between pieces. Code::conflict if the file is shorter.
Result<> hash_into(crypto::Sha256& sha256, os::File& file, std::uint64_t size, Transport& transport,
                   Progress& progress);
Result<Digest> hash_file(os::File& file, std::uint64_t size, Transport& transport, Progress& progress);

}  // namespace slipway::cli
