#include "platform/base/error.h"

namespace slipway {

std::string_view to_string(Code code) {
    switch (code) {
        case Code::invalid: return "invalid";
        case Code::unauthenticated: return "unauthenticated";
        case Code::forbidden: return "forbidden";
        case Code::not_found: return "not_found";
        case Code::conflict: return "conflict";
        case Code::limit: return "limit";
        case Code::unavailable: return "unavailable";
        case Code::timed_out: return "timed_out";
        case Code::disk_full: return "disk_full";
        case Code::corrupt: return "corrupt";
        case Code::unsupported: return "unsupported";
        case Code::canceled: return "canceled";
        case Code::io: return "io";
        case Code::internal: return "internal";
    }
    return "internal";
}

Error Error::within(std::string_view context) && {
    message.insert(0, ": ").insert(0, context);
    return std::move(*this);
}

}  // namespace slipway
