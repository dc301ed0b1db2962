#pragma once

#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/os/process.h"

namespace slipway::run {

/// Who works in an attempt directory: the file `process`, written when the waiting process made the directory. Two
/// lines: the group's name, and the process's identity (boot id, process id, start time).
struct Holder {
    std::string group;  ///< its two groups are "<group>/run" and "<group>/tasks"
    os::ProcessIdentity process;
    bool operator==(const Holder&) const = default;
};

std::string encode(const Holder& holder);
Result<Holder> decode_holder(std::string_view text);

}  // namespace slipway::run
