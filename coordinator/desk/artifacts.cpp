#include "coordinator/desk/artifacts.h"

#include "platform/base/bytes.h"

namespace slipway::desk {

Result<core::Upload> create_upload(Turn& turn, const Actor& actor, const std::string& id) {
    core::Upload upload;
    upload.id = id;
    upload.created_by = actor.name;
    upload.created = turn.now();
    upload.touched = turn.now();
    TRY(turn.all_or_nothing([&] { return turn.tx().insert(upload); }));
    return upload;
}

Result<> touch_upload(Turn& turn, const std::string& upload_id) {
    TRY_ASSIGN(auto upload, turn.tx().upload(upload_id));
    if (!upload) return {};
    upload->touched = turn.now();
    return turn.all_or_nothing([&] { return turn.tx().update(*upload); });
}

Result<> remove_upload(Turn& turn, const std::string& upload_id) {
    TRY_ASSIGN(const auto upload, turn.tx().upload(upload_id));
    if (!upload) return {};
    return turn.all_or_nothing([&] { return turn.tx().remove(*upload); });
}

Result<PushedArtifact> create_artifact(Turn& turn, const Actor& actor, const NewArtifact& asked) {
    TRY_ASSIGN(const auto known, turn.tx().artifact(asked.name, asked.version));
    if (known && known->sha256 == asked.sha256) return PushedArtifact{*known, Pushed::same};
    if (known)
        return fail(Code::conflict,
                    "artifact " + asked.name + " " + asked.version + " exists with other bytes (sha256 " +
                        known->sha256 + "): a version never changes, push a new one",
                    "version_taken");
    core::Artifact artifact;
    artifact.id = turn.new_id();
    artifact.name = asked.name;
    artifact.version = asked.version;
    artifact.sha256 = asked.sha256;
    artifact.bytes = asked.bytes;
    artifact.created = turn.now();
    artifact.created_by = actor.name;
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().insert(artifact));
        return turn.audit(actor, "artifact_created", "artifact:" + artifact.name + "/" + artifact.version,
                          "sha256 " + artifact.sha256);
    }));
    return PushedArtifact{std::move(artifact), Pushed::created};
}

Result<DeletedArtifact> delete_artifact(Turn& turn, const Actor& actor, const std::string& name,
                                        const std::string& version) {
    TRY_ASSIGN(const auto artifact, turn.tx().artifact(name, version));
    if (!artifact)
        return fail(Code::not_found, "there is no artifact " + printable(name, 64) + " " + printable(version, 64),
                    "artifact_missing");
    TRY_ASSIGN(const bool needed, turn.tx().artifact_is_needed(artifact->name, artifact->version));
    if (needed)
        return fail(Code::conflict,
                    "a job that has not ended needs artifact " + name + " " + version + ": cancel it or wait",
                    "artifact_in_use");
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().remove(*artifact));
        return turn.audit(actor, "artifact_deleted", "artifact:" + name + "/" + version, "sha256 " + artifact->sha256);
    }));
    TRY_ASSIGN(const bool used, turn.tx().blob_is_used(artifact->sha256));
    return DeletedArtifact{*artifact, !used};
}

}  // namespace slipway::desk
