#pragma once

#include "platform/base/result.h"
#include "tasks/kit/kit.h"

namespace slipway::tasks::extract {

/// extract@1 (task.json). After an error the target is as it was.
Result<> run(const Kit& kit);

}  // namespace slipway::tasks::extract
