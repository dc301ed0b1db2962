#pragma once

#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::os {

[[nodiscard]] inline tl::unexpected<Error> unsupported(std::string_view what) {
    return fail(Code::unsupported, std::string(what) + " is not supported on Windows yet");
}

}  // namespace slipway::os
