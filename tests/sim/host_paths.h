#pragma once

#include <string>

namespace slipway::sim {

// Of a simulated host.
inline const std::string state_path = "/state";
inline const std::string attempts_path = state_path + "/attempts";
inline const std::string cache_path = state_path + "/cache";
inline const std::string agent_program = "/bin/slipway-agent";
inline const std::string task_program = "/bin/task";
inline const std::string child_program = "/bin/child";

}  // namespace slipway::sim
