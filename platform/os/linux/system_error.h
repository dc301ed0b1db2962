#pragma once

#include <string_view>

#include "platform/base/result.h"

namespace slipway::os {

/// The only place that turns an errno into a Code. Message: "<operation> <object>: <what the system says>".
Error system_error(int number, std::string_view operation, std::string_view object);

[[nodiscard]] inline tl::unexpected<Error> system_fail(int number, std::string_view operation,
                                                       std::string_view object) {
    return fail(system_error(number, operation, object));
}

}  // namespace slipway::os
