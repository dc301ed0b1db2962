#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/files.h"

namespace slipway::cli {

/// status.json of the state directory: what the running agent says of itself, for `status` and `doctor`. Written
/// without a sync: it means nothing after a restart.
struct Status {
    std::string version;
    std::string process;  ///< os::to_text(ProcessIdentity): whether the writer still lives
    Time written;
    std::string agent;
    std::string name;
    std::string pool;
    std::string url;
    bool online = false;
    std::optional<Time> last_contact;
    std::string last_error;
    std::optional<std::int64_t> clock_ahead_ms;  ///< the coordinator's clock against ours
    std::int64_t slots = 0;
    std::string group_level;
    Time certificate_until;
    struct Attempt {
        std::string id;
        std::string job;
        std::string state;
    };
    std::vector<Attempt> attempts;
};

Result<> write_status(os::Directory& state, const Status& status);
/// Nothing if no agent has ever run here.
Result<std::optional<Status>> read_status(os::Directory& state);

}  // namespace slipway::cli
