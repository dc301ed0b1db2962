#pragma once

#include <set>
#include <string>
#include <string_view>

#include "coordinator/core/agent.h"
#include "coordinator/core/job.h"
#include "coordinator/core/permission.h"
#include "platform/base/states.h"

/// How sets and maps stand in a column: JSON text. Demands: [{"name":"nginx"},{"name":"os","equals":"linux"}];
/// capabilities: {"bash":"5.2"}; flags: ["log_gap"].
namespace slipway::store {

std::string encode(const core::Demands& demands);
std::string encode(const core::Capabilities& capabilities);
std::string encode(const std::set<Flag>& flags);

/// False: not what encode() wrote, or not a word of the list.
bool decode(std::string_view text, core::Demands& to);
bool decode(std::string_view text, core::Capabilities& to);
bool decode(std::string_view text, std::set<Flag>& to);
bool decode(std::string_view text, JobState& to);
bool decode(std::string_view text, AttemptState& to);
bool decode(std::string_view text, TaskState& to);
bool decode(std::string_view text, Reason& to);
bool decode(std::string_view text, core::Role& to);

}  // namespace slipway::store
