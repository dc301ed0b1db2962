#include "coordinator/api/artifact_routes.h"

#include "coordinator/api/field_rules.h"
#include "coordinator/api/handling.h"
#include "coordinator/api/resources.h"
#include "coordinator/api/route_table.h"
#include "coordinator/desk/artifacts.h"
#include "platform/base/bytes.h"
#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/json/reader.h"

namespace slipway::api {
namespace {

constexpr json::Text digest_text{.bytes_max = 64, .valid = is_digest, .expected = "a SHA-256 of 64 hex digits"};
constexpr json::Text id_text{.bytes_max = 36, .valid = is_uuid, .expected = "a UUID in lower case"};

std::string upload_json(const std::string& id, std::uint64_t offset, Time created) {
    json::Writer out;
    out.begin_object();
    out.field("id", id);
    out.field("offset", offset);
    out.field("created", to_rfc3339(created));
    out.end_object();
    return std::move(out).take();
}

std::string artifact_json(const core::Artifact& artifact) {
    json::Writer out;
    write(out, artifact);
    return std::move(out).take();
}

Error no_upload(const std::string& id) {
    return {Code::not_found, "there is no upload " + id + ": it was finished, given up, or left alone for a day",
            "upload_missing"};
}

Error no_artifact(const std::string& name, const std::string& version) {
    return {Code::not_found, "there is no artifact " + name + " " + version, "artifact_missing"};
}

/// One PATCH: pieces from the peer go to the disk in turn; the next one is asked for when the last is written.
class Push : public std::enable_shared_from_this<Push> {
public:
    Push(Services& services, core::Upload upload, http::Upload body, http::Reply reply)
        : services_(services), upload_(std::move(upload)), body_(std::move(body)), reply_(std::move(reply)) {}

    void begin(std::uint64_t offset) {
        on_disk([this, offset] {
            auto appender = services_.blobs.append(upload_.id, offset);
            if (!appender) return refuse(appender.error());
            appender_ = *std::move(appender);
            next();
        });
    }

private:
    void on_disk(std::function<void()> work) {
        auto kept = [self = shared_from_this(), work = std::move(work)] { work(); };
        if (auto submitted = services_.disk.submit(upload_.id, std::move(kept)); !submitted)
            reply_.send(submitted.error());
    }

    void refuse(const Error& error) {
        if (error.reason != "upload_offset_wrong") return reply_.send(error);
        const auto offset = services_.blobs.offset(upload_.id);
        http::Response response = http::Response::problem(error);
        if (offset && *offset) response.set("Upload-Offset", std::to_string(**offset));
        reply_.send(std::move(response));
    }

    void next() {
        body_.next([self = shared_from_this()](Result<std::string> piece) {
            self->on_disk([self, piece = std::move(piece)] { self->take(piece); });
        });
    }

    // What came before a break is kept: the peer asks where to go on.
    void take(const Result<std::string>& piece) {
        if (!piece || piece->empty()) return finish(piece ? Result<>{} : fail(piece.error()));
        if (auto appended = appender_->append(*piece); !appended) return finish(fail(appended.error()));
        next();
    }

    void finish(const Result<>& came) {
        const auto offset = appender_->finish();
        appender_.reset();
        if (!came) return reply_.send(came.error());
        if (!offset) return reply_.send(offset.error());
        change<bool>(
            services_, reply_,
            [id = upload_.id](desk::Turn& turn) -> Result<bool> {
                TRY(desk::touch_upload(turn, id));
                return true;
            },
            [self = shared_from_this(), offset = *offset](bool) {
                return http::Response::json(200, upload_json(self->upload_.id, offset, self->upload_.created));
            });
    }

    Services& services_;
    const core::Upload upload_;
    const http::Upload body_;
    const http::Reply reply_;
    std::unique_ptr<blobs::BlobStore::Appender> appender_;
};

struct Asked {
    std::string name;
    std::string version;
    std::string sha256;
    std::optional<std::string> upload;
};

Result<Asked> read_artifact(const http::Request& request) {
    TRY_ASSIGN(const auto value, read_json(request));
    Asked asked;
    json::Reader in(value, json::UnknownFields::refuse);
    in.required("name", asked.name, name_text);
    in.required("version", asked.version, version_text);
    in.required("sha256", asked.sha256, digest_text);
    in.optional("upload", asked.upload, id_text);
    TRY(in.finish());
    return asked;
}

/// The blob of a new artifact, on a disk thread: pushed just now, or here already. Answers its size.
Result<std::int64_t> settle_blob(blobs::BlobStore& blobs, const Asked& asked) {
    if (asked.upload) {
        TRY_ASSIGN(const auto offset, blobs.offset(*asked.upload));
        if (offset) {
            TRY_ASSIGN(const std::uint64_t bytes, blobs.commit(*asked.upload, asked.sha256));
            return static_cast<std::int64_t>(bytes);
        }
    }
    TRY_ASSIGN(const auto bytes, blobs.size(asked.sha256));
    if (bytes) return static_cast<std::int64_t>(*bytes);
    if (asked.upload) return fail(no_upload(*asked.upload));
    return fail(Code::invalid, "the bytes with this sha256 are not here: push them first (POST /api/v1/uploads)",
                "blob_missing");
}

}  // namespace

void ArtifactRoutes::begin_upload(http::Request request, http::Reply reply) {
    const auto value = read_json(request);
    if (!value) return reply.send(value.error());
    std::uint64_t bytes = 0;
    json::Reader in(*value, json::UnknownFields::refuse);
    in.required("bytes", bytes, json::Range{0, limits::artifact_bytes_max});
    if (auto finished = in.finish(); !finished) return reply.send(finished.error());
    // The file first: a row without its file would be a promise, a file without its row is swept.
    const std::string id = make_uuid7(services_.clock.wall(), services_.random);
    auto work = [this, id, bytes, reply, actor = actor_of(request)] {
        if (auto begun = services_.blobs.begin(id, bytes); !begun) return reply.send(begun.error());
        change<core::Upload>(
            services_, reply, [actor, id](desk::Turn& turn) { return desk::create_upload(turn, actor, id); },
            [](const core::Upload& upload) {
                return http::Response::json(201, upload_json(upload.id, 0, upload.created))
                    .set("Location", "/api/v1/uploads/" + upload.id);
            });
    };
    if (auto submitted = services_.disk.submit(id, std::move(work)); !submitted) reply.send(submitted.error());
}

void ArtifactRoutes::show_upload(http::Request request, http::Reply reply) {
    answer_from_store(services_, reply,
                      [this, id = request.parameter("id")](store::Reader& reader) -> Result<http::Response> {
                          TRY_ASSIGN(const auto upload, reader.upload(id));
                          TRY_ASSIGN(const auto offset, services_.blobs.offset(id));
                          if (!upload || !offset) return fail(no_upload(id));
                          return http::Response::json(200, upload_json(id, *offset, upload->created));
                      });
}

void ArtifactRoutes::append_upload(http::Request request, http::Upload body, http::Reply reply) {
    if (auto type = request.content_type_is("application/octet-stream"); !type) return reply.send(type.error());
    const auto offset = request.upload_offset();
    if (!offset) return reply.send(offset.error());
    auto look = [this, id = request.parameter("id"), offset = *offset, body = std::move(body), reply] {
        if (auto admitted = services_.reserve.admit(); !admitted) return reply.send(admitted.error());
        auto reader = services_.store.read();
        if (!reader) return reply.send(reader.error());
        auto upload = (*reader)->upload(id);
        if (!upload) return reply.send(upload.error());
        if (!*upload) return reply.send(no_upload(id));
        std::make_shared<Push>(services_, **std::move(upload), body, reply)->begin(offset);
    };
    if (auto submitted = services_.readers.submit(std::move(look)); !submitted) reply.send(submitted.error());
}

void ArtifactRoutes::delete_upload(http::Request request, http::Reply reply) {
    const std::string id = request.parameter("id");
    auto work = [this, id, reply] {
        if (auto removed = services_.blobs.remove_upload(id); !removed) return reply.send(removed.error());
        change<bool>(
            services_, reply,
            [id](desk::Turn& turn) -> Result<bool> {
                TRY(desk::remove_upload(turn, id));
                return true;
            },
            [](bool) { return http::Response::empty(); });
    };
    if (auto submitted = services_.disk.submit(id, std::move(work)); !submitted) reply.send(submitted.error());
}

void ArtifactRoutes::list(http::Request request, http::Reply reply) {
    const auto page = cursors_.page(request, "artifacts");
    if (!page) return reply.send(page.error());
    answer_from_store(
        services_, reply,
        [this, page = *page,
         name = std::string(request.query.get("name").value_or(""))](store::Reader& reader) -> Result<http::Response> {
            TRY_ASSIGN(auto artifacts, reader.artifacts(name, page));
            const std::string next = cursors_.cut(artifacts, page, "artifacts");
            return http::Response::json(
                200, list_json(artifacts, next, [](json::Writer& out, const auto& item) { write(out, item); }));
        });
}

void ArtifactRoutes::create(http::Request request, http::Reply reply) {
    const auto asked = read_artifact(request);
    if (!asked) return reply.send(asked.error());
    auto work = [this, asked = *asked, reply, actor = actor_of(request)] {
        const auto bytes = settle_blob(services_.blobs, asked);
        if (!bytes) return reply.send(bytes.error());
        change<desk::PushedArtifact>(
            services_, reply,
            [asked, actor, bytes = *bytes](desk::Turn& turn) -> Result<desk::PushedArtifact> {
                TRY_ASSIGN(auto pushed,
                           desk::create_artifact(turn, actor, {asked.name, asked.version, asked.sha256, bytes}));
                if (asked.upload) TRY(desk::remove_upload(turn, *asked.upload));
                return pushed;
            },
            [](const desk::PushedArtifact& pushed) {
                return http::Response::json(pushed.how == desk::Pushed::created ? 201 : 200,
                                            artifact_json(pushed.artifact));
            });
    };
    const std::string key = asked->upload.value_or(asked->sha256);
    if (auto submitted = services_.disk.submit(key, std::move(work)); !submitted) reply.send(submitted.error());
}

void ArtifactRoutes::show(http::Request request, http::Reply reply) {
    answer_from_store(services_, reply,
                      [name = request.parameter("name"),
                       version = request.parameter("version")](store::Reader& reader) -> Result<http::Response> {
                          TRY_ASSIGN(const auto artifact, reader.artifact(name, version));
                          if (!artifact) return fail(no_artifact(name, version));
                          return http::Response::json(200, artifact_json(*artifact));
                      });
}

void ArtifactRoutes::remove(http::Request request, http::Reply reply) {
    change<desk::DeletedArtifact>(
        services_, reply,
        [actor = actor_of(request), name = request.parameter("name"), version = request.parameter("version")](
            desk::Turn& turn) { return desk::delete_artifact(turn, actor, name, version); },
        [this](const desk::DeletedArtifact& deleted) {
            if (deleted.blob_unused) remove_blob(deleted.artifact.sha256);
            return http::Response::empty();
        });
}

// Between the commit and this an artifact with the same bytes may have been made: the rows are asked once more, in the
// blob's own order of work, in which every create() of this digest without an upload runs too.
void ArtifactRoutes::remove_blob(const std::string& sha256) {
    auto work = [this, sha256] {
        auto reader = services_.store.read();
        if (!reader) return;
        const auto used = (*reader)->blob_is_used(sha256);
        if (!used || *used) return;
        if (auto removed = services_.blobs.remove(sha256); !removed)
            services_.logger.warning("a blob that nothing needs could not be removed",
                                     {{"error", removed.error().message}});
    };
    if (auto submitted = services_.disk.submit(sha256, std::move(work)); !submitted)
        services_.logger.warning("a blob that nothing needs stays", {{"blob", sha256}});
}

void ArtifactRoutes::download(http::Request request, http::Reply reply) {
    auto asked = std::make_shared<const http::Request>(std::move(request));
    answer_from_store(services_, reply, [this, asked](store::Reader& reader) -> Result<http::Response> {
        const std::string& name = asked->parameter("name");
        const std::string& version = asked->parameter("version");
        TRY_ASSIGN(const auto artifact, reader.artifact(name, version));
        if (!artifact) return fail(no_artifact(name, version));
        TRY_ASSIGN(auto file, services_.blobs.read(artifact->sha256));
        http::FileDescription description;
        description.file = std::move(file);
        description.size = static_cast<std::uint64_t>(artifact->bytes);
        description.etag = "\"" + artifact->sha256 + "\"";
        description.file_name = name + "-" + version;
        return http::file_response(*asked, std::move(description));
    });
}

void ArtifactRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, core::Permission;
    RouteTable table(router, http::Port::user, this);
    const Access read = Access::token(Permission::read);
    const Access push = Access::token(Permission::push_artifacts);
    const Access remove = Access::token(Permission::delete_artifacts);
    const Takes small_body{.body_bytes_max = small_body_bytes_max};
    constexpr std::string_view artifact = "/api/v1/artifacts/{name:name}/{version:version}";
    table.add(Method::post, "/api/v1/uploads", push, small_body, &ArtifactRoutes::begin_upload);
    table.add(Method::get, "/api/v1/uploads/{id:uuid}", push, {}, &ArtifactRoutes::show_upload);
    table.add(Method::patch, "/api/v1/uploads/{id:uuid}", push, {.body_bytes_max = limits::artifact_bytes_max},
              &ArtifactRoutes::append_upload);
    table.add(Method::delete_, "/api/v1/uploads/{id:uuid}", push, {}, &ArtifactRoutes::delete_upload);
    table.add(Method::get, "/api/v1/artifacts", read, {.query = {"limit", "cursor", "name"}}, &ArtifactRoutes::list);
    table.add(Method::post, "/api/v1/artifacts", push, small_body, &ArtifactRoutes::create);
    table.add(Method::get, artifact, read, {}, &ArtifactRoutes::show);
    table.add(Method::delete_, artifact, remove, {}, &ArtifactRoutes::remove);
    table.add(Method::get, "/api/v1/artifacts/{name:name}/{version:version}/content", read, {},
              &ArtifactRoutes::download);
}

}  // namespace slipway::api
