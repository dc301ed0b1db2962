#pragma once

#include "platform/base/result.h"
#include "tasks/kit/kit.h"

namespace slipway::tasks::http_check {

/// http-check@1 (task.json). Prints each try; the error tells why the last one was not good.
Result<> run(const Kit& kit);

}  // namespace slipway::tasks::http_check
