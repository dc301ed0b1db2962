#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/states.h"
#include "platform/base/time.h"

namespace slipway::core {

/// Name to value; the value of a capability that merely exists is empty. User tags are kept beside the detected ones
/// and are demanded in the same way.
using Capabilities = std::map<std::string, std::string>;

/// Two living instances of one identity (protocol.md 5).
struct Conflict {
    std::string instance;  ///< the one that came second
    std::string address;
    std::int64_t start_epoch = 0;
    Time seen;
};

struct Agent {
    std::int64_t row = 0;
    std::string id;
    std::string name;
    std::int64_t pool_row = 0;
    Time created;

    bool disabled = false;
    std::optional<Time> deleted;

    /// What the last accepted poll said.
    std::string instance;
    std::int64_t start_epoch = 0;
    Time instance_since;  ///< when the first poll of `instance` arrived, for people
    std::string boot_id;
    std::string address;
    std::int64_t slots = 1;
    std::string version;
    std::string capabilities_sha256;
    Capabilities capabilities;
    std::int64_t restore_epoch = 0;  ///< the one that it echoed last
    std::int64_t highest_fence = 0;
    std::int64_t pruned_fence = 0;
    Time last_contact;
    std::int64_t last_used_fence = 0;  ///< the fence of its newest attempt: the smallest gets the next job

    std::optional<Conflict> conflict;
    std::string rejected_instance;  ///< refused for good by `resolve --keep` of the other

    /// Its certificates: requests come with the current one, or with the next, which thereby becomes current.
    std::string serial;
    std::string next_serial;

    [[nodiscard]] AgentStatus status() const {
        if (deleted) return AgentStatus::deleted;
        if (conflict) return AgentStatus::conflicted;
        return disabled ? AgentStatus::disabled : AgentStatus::enabled;
    }
};

}  // namespace slipway::core
