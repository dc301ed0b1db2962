#include "coordinator/blobs/blob_store.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "platform/base/assert.h"
#include "platform/base/bytes.h"
#include "platform/base/crash_point.h"
#include "platform/base/limits.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"

namespace slipway::blobs {

namespace {

constexpr std::size_t hash_chunk_bytes = 256 * 1024;

/// What is known of an upload since this process first touched it.
struct Progress {
    std::uint64_t durable = 0;
    crypto::Sha256 digest;     ///< of the first `hashed` bytes
    std::uint64_t hashed = 0;  ///< 0 after a restart: commit() then reads the file once
    bool busy = false;
};

/// Folders belong to one thread at a time.
struct Folders {
    std::mutex mutex;
    std::unique_ptr<os::Directory> blobs;
    std::unique_ptr<os::Directory> uploads;
    std::map<std::string, std::shared_ptr<Progress>, std::less<>> progress;  ///< by upload
};

Result<> check_digest(std::string_view sha256) {
    if (is_digest(sha256)) return {};
    return fail(Code::invalid, "'" + printable(sha256) + "' is not a SHA-256 in 64 lower-case hex digits");
}

tl::unexpected<Error> busy() {
    return fail(Code::conflict, "another request is sending bytes of this upload", "upload_busy");
}

class BlobAppender : public BlobStore::Appender {
public:
    BlobAppender(Folders& folders, std::shared_ptr<Progress> progress, std::unique_ptr<os::File> file)
        : folders_(folders),
          progress_(std::move(progress)),
          file_(std::move(file)),
          end_(progress_->durable),
          digest_(progress_->digest),
          hashing_(progress_->hashed == progress_->durable) {}

    ~BlobAppender() override {
        const std::lock_guard lock(folders_.mutex);
        release();
    }

    Result<> append(std::string_view bytes) override {
        ASSERT(!finished_);
        if (bytes.size() > limits::artifact_bytes_max - end_)
            return fail(Code::limit, "an artifact may have " + std::to_string(limits::artifact_bytes_max) + " bytes");
        if (auto written = file_->write_at(end_, bytes); !written) {
            // What half of it left behind must not count as held after a restart; commit() cuts too.
            static_cast<void>(file_->truncate(end_));
            return fail(std::move(written).error().within("storing an upload"));
        }
        if (hashing_) digest_.update(bytes);
        end_ += bytes.size();
        return {};
    }

    Result<std::uint64_t> finish() override {
        ASSERT(!finished_);
        CRASH_POINT("blobs.upload_sync_before");
        TRY_WITHIN("storing an upload", file_->sync_data());
        CRASH_POINT("blobs.upload_sync_after");
        const std::lock_guard lock(folders_.mutex);
        progress_->durable = end_;
        release();
        if (hashing_) {
            progress_->digest = digest_;
            progress_->hashed = end_;
        }
        return end_;
    }

private:
    /// Once: another appender may have the upload already.
    void release() {
        if (std::exchange(finished_, true)) return;
        progress_->busy = false;
    }

    Folders& folders_;
    std::shared_ptr<Progress> progress_;
    std::unique_ptr<os::File> file_;
    std::uint64_t end_;
    crypto::Sha256 digest_;
    bool hashing_;
    bool finished_ = false;
};

class BlobFolders : public BlobStore {
public:
    BlobFolders(std::unique_ptr<os::Directory> blobs, std::unique_ptr<os::Directory> uploads) {
        folders_.blobs = std::move(blobs);
        folders_.uploads = std::move(uploads);
    }

    Result<> begin(std::string_view upload_id, std::uint64_t bytes) override {
        if (bytes > limits::artifact_bytes_max)
            return fail(Code::limit, "an artifact may have " + std::to_string(limits::artifact_bytes_max) +
                                         " bytes, this one has " + std::to_string(bytes));
        const std::lock_guard lock(folders_.mutex);
        TRY_ASSIGN(const os::DiskSpace space, folders_.uploads->space());
        if (space.free_bytes < bytes + limits::reserve_bytes)
            return fail(Code::disk_full, "the coordinator's disk has " + std::to_string(space.free_bytes) +
                                             " free bytes, too few for " + std::to_string(bytes) + " beside " +
                                             std::to_string(limits::reserve_bytes) +
                                             " that stay free; delete artifacts or make room");
        CRASH_POINT("blobs.upload_begin_before");
        TRY(folders_.uploads->open(upload_id, {.access = os::Access::write, .create = os::Create::exclusive}));
        TRY(folders_.uploads->sync());
        CRASH_POINT("blobs.upload_begin_after");
        folders_.progress.insert_or_assign(std::string(upload_id), std::make_shared<Progress>());
        return {};
    }

    Result<std::optional<std::uint64_t>> offset(std::string_view upload_id) override {
        TRY_ASSIGN(const auto found, progress(upload_id));
        if (!found) return std::nullopt;
        const std::lock_guard lock(folders_.mutex);
        return (*found)->durable;
    }

    Result<std::unique_ptr<Appender>> append(std::string_view upload_id, std::uint64_t offset) override {
        TRY_ASSIGN(const auto found, progress(upload_id));
        if (!found) return fail(Code::not_found, "there is no upload " + printable(upload_id));
        const std::lock_guard lock(folders_.mutex);
        if ((*found)->busy) return busy();
        if ((*found)->durable != offset)
            return fail(Code::conflict,
                        "the upload holds " + std::to_string((*found)->durable) + " bytes, not " +
                            std::to_string(offset) + "; go on at its offset",
                        "upload_offset_wrong");
        TRY_ASSIGN(auto file, folders_.uploads->open(upload_id, {.access = os::Access::write}));
        (*found)->busy = true;
        return std::make_unique<BlobAppender>(folders_, *found, std::move(file));
    }

    Result<std::uint64_t> commit(std::string_view upload_id, std::string_view sha256) override {
        TRY(check_digest(sha256));
        TRY_ASSIGN(const auto found, progress(upload_id));
        if (!found) return committed_before(upload_id, sha256);
        TRY_ASSIGN(auto file, open_upload(upload_id, **found));
        TRY_ASSIGN(const Digest digest, digest_of(*file, **found));
        if (digest != sha256) {
            TRY(remove_upload(upload_id));
            return fail(Code::invalid,
                        "the bytes that arrived have the SHA-256 " + digest + ", not " + std::string(sha256) +
                            "; they were removed, push again",
                        "digest_mismatch");
        }
        TRY(file->sync());
        TRY(move_into_place(upload_id, sha256));
        return (*found)->durable;
    }

    Result<> remove_upload(std::string_view upload_id) override {
        const std::lock_guard lock(folders_.mutex);
        if (const auto known = folders_.progress.find(upload_id); known != folders_.progress.end())
            folders_.progress.erase(known);
        TRY_ASSIGN(const auto status, folders_.uploads->status(upload_id));
        if (!status) return {};
        CRASH_POINT("blobs.upload_remove_before");
        TRY(folders_.uploads->remove(upload_id));
        CRASH_POINT("blobs.upload_remove_after");
        return {};
    }

    Result<std::optional<std::uint64_t>> size(std::string_view sha256) override {
        TRY_ASSIGN(const auto folder, folder_of(sha256));
        if (!folder) return std::nullopt;
        TRY_ASSIGN(const auto status, folder->status(sha256));
        return status ? std::optional(status->size) : std::nullopt;
    }

    Result<std::unique_ptr<os::File>> read(std::string_view sha256) override {
        TRY_ASSIGN(const auto folder, folder_of(sha256));
        if (!folder) return fail(Code::not_found, "there is no blob " + std::string(sha256));
        return folder->open(sha256, {});
    }

    Result<> remove(std::string_view sha256) override {
        TRY_ASSIGN(const auto folder, folder_of(sha256));
        if (!folder) return {};
        TRY_ASSIGN(const auto status, folder->status(sha256));
        if (!status) return {};
        CRASH_POINT("blobs.remove_before");
        TRY(folder->remove(sha256));
        TRY(folder->sync());
        CRASH_POINT("blobs.remove_after");
        return {};
    }

private:
    /// Null: no such upload. One that this process has not met may hold bytes which the last one wrote and did not
    /// sync: they count only once they are durable.
    Result<std::optional<std::shared_ptr<Progress>>> progress(std::string_view upload_id) {
        const std::lock_guard lock(folders_.mutex);
        if (const auto known = folders_.progress.find(upload_id); known != folders_.progress.end())
            return known->second;
        TRY_ASSIGN(const auto there, folders_.uploads->status(upload_id));
        if (!there) return std::nullopt;
        TRY_ASSIGN(const auto file, folders_.uploads->open(upload_id, {.access = os::Access::read_write}));
        TRY(file->sync_data());
        TRY_ASSIGN(const os::Status status, file->status());
        auto made = std::make_shared<Progress>();
        made->durable = status.size;
        folders_.progress.emplace(upload_id, made);
        return made;
    }

    Result<std::unique_ptr<os::File>> open_upload(std::string_view upload_id, const Progress& progress) {
        const std::lock_guard lock(folders_.mutex);
        if (progress.busy) return busy();
        return folders_.uploads->open(upload_id, {.access = os::Access::read_write});
    }

    /// Of the durable bytes, which are all that stay.
    static Result<Digest> digest_of(os::File& file, Progress& progress) {
        TRY_ASSIGN(const os::Status status, file.status());
        if (status.size > progress.durable) TRY(file.truncate(progress.durable));
        std::vector<char> chunk(hash_chunk_bytes);
        while (progress.hashed < progress.durable) {
            const std::uint64_t left = progress.durable - progress.hashed;
            const std::size_t wanted = left < chunk.size() ? static_cast<std::size_t>(left) : chunk.size();
            TRY_ASSIGN(const std::size_t got, file.read_at(progress.hashed, std::span(chunk.data(), wanted)));
            if (got == 0) return fail(Code::corrupt, "an upload is shorter than what was stored of it");
            progress.digest.update({chunk.data(), got});
            progress.hashed += got;
        }
        return progress.digest.hex();
    }

    /// A second try whose first answer was lost: the upload has become the blob already.
    Result<std::uint64_t> committed_before(std::string_view upload_id, std::string_view sha256) {
        TRY_ASSIGN(const auto folder, folder_of(sha256));
        if (folder) {
            TRY_ASSIGN(const auto status, folder->status(sha256));
            TRY(folder->sync());  // the first try may have been killed before its own
            if (status) return status->size;
        }
        return fail(Code::not_found, "there is no upload " + printable(upload_id));
    }

    // A blob that is there is replaced: these bytes have just been verified, those may have rotted. Where a rename
    // between folders is no single transaction, a power cut before the syncs may take both names: then nothing was
    // committed, and the push begins again.
    Result<> move_into_place(std::string_view upload_id, std::string_view sha256) {
        const std::lock_guard lock(folders_.mutex);
        const std::string_view prefix = sha256.substr(0, 2);
        TRY_ASSIGN(const auto folder, os::open_or_make(*folders_.blobs, prefix, 0700));
        TRY(folders_.blobs->sync());  // also when it was there: whoever made it may have been killed before this
        CRASH_POINT("blobs.commit_rename_before");
        TRY(folders_.uploads->rename(upload_id, *folder, sha256, os::Replace::yes));
        CRASH_POINT("blobs.commit_rename_after");
        TRY(folder->sync());
        TRY(folders_.uploads->sync());
        CRASH_POINT("blobs.commit_after");
        if (const auto known = folders_.progress.find(upload_id); known != folders_.progress.end())
            folders_.progress.erase(known);
        return {};
    }

    /// Null: no blob begins like this one.
    Result<std::unique_ptr<os::Directory>> folder_of(std::string_view sha256) {
        TRY(check_digest(sha256));
        const std::lock_guard lock(folders_.mutex);
        auto folder = folders_.blobs->open_directory(sha256.substr(0, 2));
        if (!folder && folder.error().code == Code::not_found) return nullptr;
        return folder;
    }

    Folders folders_;
};

}  // namespace

Result<std::unique_ptr<BlobStore>> BlobStore::open(os::Directory& state) {
    TRY_ASSIGN(auto blobs, os::open_or_make(state, "blobs", 0700));
    TRY_ASSIGN(auto uploads, os::open_or_make(state, "uploads", 0700));
    TRY(state.sync());
    return std::make_unique<BlobFolders>(std::move(blobs), std::move(uploads));
}

}  // namespace slipway::blobs
