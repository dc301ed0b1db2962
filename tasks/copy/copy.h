#pragma once

#include "platform/base/result.h"
#include "tasks/kit/kit.h"

namespace slipway::tasks::copy {

/// copy@1 (task.json). After an error each file is the old one or the new one.
Result<> run(const Kit& kit);

}  // namespace slipway::tasks::copy
