#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/core/permission.h"
#include "platform/base/time.h"

namespace slipway::core {

/// A bearer token of the user port. Only the SHA-256 of its secret is kept.
struct Token {
    std::int64_t row = 0;
    std::string id;
    std::string name;
    Role role = Role::viewer;
    std::string secret_sha256;
    Time created;
    std::string created_by;
    Time expires;
    std::optional<Time> revoked;
    std::optional<Time> last_used;
};

/// A one-time token that an agent enrols with. The same token with the same key gets the same certificate again for
/// ten minutes, so that a lost answer costs nothing.
struct JoinToken {
    std::int64_t row = 0;
    std::string id;
    std::string secret_sha256;
    std::int64_t pool_row = 0;
    std::string agent_name;  ///< empty: the agent says its own
    Time created;
    std::string created_by;
    Time expires;
    std::optional<Time> revoked;
    std::optional<Time> used;
    std::string used_key_sha256;
    std::int64_t agent_row = 0;
    std::string certificate;  ///< PEM, while it may be asked for again
};

}  // namespace slipway::core
