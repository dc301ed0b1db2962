#pragma once

#include <cstdint>
#include <string>

#include "platform/base/time.h"

namespace slipway::core {

/// One row per change, written in the change's own transaction. `hash` is the SHA-256 over the row before and this
/// row's fields, from the first row on: a row that is changed or taken out later breaks the chain.
struct AuditRecord {
    std::int64_t seq = 0;
    Time time;
    std::string actor;    ///< "token:<name>", "agent:<name>", "coordinator"
    std::string address;  ///< of the peer; empty for the coordinator itself
    std::string action;   ///< past fact: "job_created"
    std::string object;   ///< "job:<id>"
    std::string result;   ///< short, for people; never a secret
    std::string hash;
};

}  // namespace slipway::core
