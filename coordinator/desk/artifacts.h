#pragma once

#include <string>

#include "coordinator/desk/desk.h"

/// Artifacts and uploads as rows; their bytes are files (coordinator/blobs). Run in a turn of the desk; a refusal
/// changes nothing.
namespace slipway::desk {

/// The upload whose file the caller has made.
Result<core::Upload> create_upload(Turn& turn, const Actor& actor, const std::string& id);
Result<> touch_upload(Turn& turn, const std::string& upload_id);
Result<> remove_upload(Turn& turn, const std::string& upload_id);

struct NewArtifact {
    std::string name;
    std::string version;
    std::string sha256;  ///< of a blob that is durable
    std::int64_t bytes = 0;
};
enum class Pushed { created, same };
struct PushedArtifact {
    core::Artifact artifact;
    Pushed how = Pushed::created;
};
/// A version never changes: the same digest again is fine, another is Code::conflict `version_taken`.
Result<PushedArtifact> create_artifact(Turn& turn, const Actor& actor, const NewArtifact& asked);

struct DeletedArtifact {
    core::Artifact artifact;
    bool blob_unused = false;  ///< nothing needs its bytes any more: the caller removes them after the commit
};
/// `artifact_missing`; `artifact_in_use` while a job that has not ended needs it.
Result<DeletedArtifact> delete_artifact(Turn& turn, const Actor& actor, const std::string& name,
                                        const std::string& version);

}  // namespace slipway::desk
