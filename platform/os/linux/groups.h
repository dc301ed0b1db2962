#pragma once

#include "platform/os/group.h"

/// One maker for each level; make_groups() chooses.
namespace slipway::os {

struct GroupName {
    std::string first;
    std::string second;  ///< may be empty
};
Result<GroupName> parse_group_name(std::string_view name);

/// The folder in which this process may make groups, made; an error if there is none.
Result<std::string> find_cgroup_base(const std::string& instance);
Result<std::unique_ptr<Groups>> make_cgroup_groups(EventLoop& loop, const std::string& folder);

Result<std::unique_ptr<Groups>> make_session_groups(EventLoop& loop, const std::string& instance, Launcher* launcher);

}  // namespace slipway::os
