#include "coordinator/core/permission.h"

namespace slipway::core {

std::string_view to_string(Role role) {
    switch (role) {
        case Role::viewer: return "viewer";
        case Role::deployer: return "deployer";
        case Role::admin: return "admin";
    }
    return "viewer";
}

std::optional<Role> role_from(std::string_view text) {
    for (const Role role : {Role::viewer, Role::deployer, Role::admin})
        if (to_string(role) == text) return role;
    return std::nullopt;
}

bool allows(Role role, Permission permission) {
    switch (permission) {
        case Permission::read: return true;
        case Permission::run_jobs:
        case Permission::push_artifacts: return role == Role::deployer || role == Role::admin;
        case Permission::delete_artifacts:
        case Permission::manage_agents:
        case Permission::manage_pools:
        case Permission::manage_tokens:
        case Permission::read_audit: return role == Role::admin;
    }
    return false;
}

}  // namespace slipway::core
