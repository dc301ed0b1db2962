#pragma once

#include <string>
#include <string_view>

#include "coordinator/core/agent.h"
#include "coordinator/core/job.h"
#include "platform/base/result.h"

namespace slipway::core {

/// "nginx" or "nginx exists" asks that the capability is there, "os -equals linux" that it has that value.
Result<Demand> parse_demand(std::string_view text);
std::string format_demand(const Demand& demand);

bool fits(const Capabilities& capabilities, const Demands& demands);

}  // namespace slipway::core
