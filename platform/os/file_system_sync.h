#pragma once

#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::os {

/// Makes everything durable that was written so far to the file system of `directory`, by anybody: one call instead of
/// one for each file of a large tree.
Result<> sync_file_system(Directory& directory);

}  // namespace slipway::os
