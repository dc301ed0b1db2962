#pragma once

#include <optional>
#include <string_view>

namespace slipway::core {

enum class Role { viewer, deployer, admin };

enum class Permission {
    read,      ///< jobs, logs, agents, pools, artifacts, metrics
    run_jobs,  ///< create, cancel, retry, resolve
    push_artifacts,
    delete_artifacts,
    manage_agents,  ///< join tokens, enable, disable, delete, resolve
    manage_pools,
    manage_tokens,
    read_audit,
};

std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view text);

bool allows(Role role, Permission permission);

}  // namespace slipway::core
