#pragma once

#include "coordinator/cli/commands.h"
#include "platform/json/fwd.h"

namespace slipway::cli {

/// Fetches an artifact's bytes into FILE.part, goes on with a part that an earlier pull left, checks the SHA-256 and
/// only then renames it to FILE, durably. `artifact` is the coordinator's description of it. Answers the path.
Result<std::string> pull_artifact(Api& api, os::Files& files, const Screen& screen, const ArtifactPull& command,
                                  const json::Value& artifact);

}  // namespace slipway::cli
