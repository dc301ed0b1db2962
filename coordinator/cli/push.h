#pragma once

#include "coordinator/cli/commands.h"
#include "platform/json/value.h"

namespace slipway::cli {

struct Pushed {
    enum class How {
        sent,
        known,  ///< the coordinator had the bytes: nothing was sent
    };
    json::Value artifact;
    How how = How::sent;
};

/// Hashes the file, asks whether the coordinator has its bytes already, else sends them and gives them their name. A
/// line that breaks is taken up at the offset that the coordinator has on disk; after several breaks without progress
/// it is an error that says how to go on (`upload`).
Result<Pushed> push_artifact(Api& api, os::Files& files, const Screen& screen, const ArtifactPush& command);

}  // namespace slipway::cli
