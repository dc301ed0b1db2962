#include "coordinator/core/permission.h"

#include <catch2/catch.hpp>

using namespace slipway::core;

// The oracle: one line for each permission, in the order viewer, deployer, admin.
TEST_CASE("each role may do exactly what its row says") {
    const auto [permission, viewer, deployer, admin] = GENERATE(table<Permission, bool, bool, bool>({
        {Permission::read, true, true, true},
        {Permission::run_jobs, false, true, true},
        {Permission::push_artifacts, false, true, true},
        {Permission::delete_artifacts, false, false, true},
        {Permission::manage_agents, false, false, true},
        {Permission::manage_pools, false, false, true},
        {Permission::manage_tokens, false, false, true},
        {Permission::read_audit, false, false, true},
    }));
    CHECK(allows(Role::viewer, permission) == viewer);
    CHECK(allows(Role::deployer, permission) == deployer);
    CHECK(allows(Role::admin, permission) == admin);
}

TEST_CASE("roles have one spelling") {
    for (const Role role : {Role::viewer, Role::deployer, Role::admin}) CHECK(role_from(to_string(role)) == role);
    CHECK_FALSE(role_from("Admin"));
    CHECK_FALSE(role_from(""));
}
