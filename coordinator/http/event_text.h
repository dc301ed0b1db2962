#pragma once

#include <string>
#include <string_view>

#include "coordinator/http/reply.h"

namespace slipway::http {

/// The event stream format of the HTML standard (9.2.6): fields, one "data:" per line, an empty line. Line breaks in id
/// and name are left out, so that neither can begin a field.
void append_event(std::string& out, const Event& event);

constexpr std::string_view event_comment = ":\n\n";  ///< keeps proxies awake

}  // namespace slipway::http
