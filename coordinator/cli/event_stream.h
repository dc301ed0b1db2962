#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::cli {

struct StreamEvent {
    std::string id;
    std::string name = "message";
    std::string data;
};

/// Server-sent events (HTML Living Standard, section 9.2.6) from bytes that come in pieces. Comments and `retry` are
/// passed over.
class EventStreamParser {
public:
    /// Calls for each event that is complete; an error from it ends the call with it. Code::limit for an event that
    /// never ends.
    Result<> take(std::string_view bytes, const std::function<Result<>(const StreamEvent&)>& on_event);

private:
    Result<> take_line(const std::function<Result<>(const StreamEvent&)>& on_event);

    std::string line_;
    StreamEvent event_;
    bool has_data_ = false;
    bool after_return_ = false;
};

}  // namespace slipway::cli
