#pragma once

#include "platform/os/group.h"

/// One maker for each level; make_groups() chooses.
namespace slipway::os {

struct GroupName {
    std::string first;
    std::string second;  ///< may be empty
};
Result<GroupName> parse_group_name(std::string_view name);

/// Makes the folder of an agent's groups where this process may, and holds it against other agents' tidying.
Result<std::unique_ptr<Groups>> make_cgroup_groups(EventLoop& loop, const std::string& instance);
/// One that another process of this agent made and holds.
Result<std::unique_ptr<Groups>> open_cgroup_groups(EventLoop& loop, const std::string& folder);

Result<std::unique_ptr<Groups>> make_session_groups(EventLoop& loop, const std::string& instance, Launcher* launcher);

}  // namespace slipway::os
