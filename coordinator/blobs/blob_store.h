#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::blobs {

/// Artifact bytes by their digest, in `blobs/ab/<sha256>` of the state directory, and pushes that are not finished, in
/// `uploads/<id>`. Every function may be called from any thread and may block on the disk; calls for one upload come
/// one at a time. What was answered is durable.
class BlobStore {
public:
    static Result<std::unique_ptr<BlobStore>> open(os::Directory& state);
    virtual ~BlobStore() = default;

    /// Makes an empty upload. Code::disk_full if the disk has no room for `bytes` beside the reserve.
    virtual Result<> begin(std::string_view upload_id, std::uint64_t bytes) = 0;
    /// How many bytes of it are durable; nothing if there is no such upload.
    virtual Result<std::optional<std::uint64_t>> offset(std::string_view upload_id) = 0;

    /// A push in progress: one request's worth of appending.
    class Appender {
    public:
        virtual ~Appender() = default;
        virtual Result<> append(std::string_view bytes) = 0;
        /// Makes what was appended durable; how long the upload is now. Also to be called when the request broke off.
        /// The last call: the upload is free for the next appender or commit() then. Without it the bytes do not count.
        virtual Result<std::uint64_t> finish() = 0;
    };
    /// not_found; conflict with reason `upload_offset_wrong` when `offset` is not its length; limit beyond
    /// limits::artifact_bytes_max; conflict with reason `upload_busy` while another appender is open.
    virtual Result<std::unique_ptr<Appender>> append(std::string_view upload_id, std::uint64_t offset) = 0;

    /// Turns the upload into the blob, durably. A digest that does not fit is Code::invalid with reason
    /// `digest_mismatch`, and the upload is gone: its bytes are not what was meant. Answers the size. An upload that is
    /// gone while the blob is there was committed before: the same answer again. Else not_found.
    virtual Result<std::uint64_t> commit(std::string_view upload_id, std::string_view sha256) = 0;
    virtual Result<> remove_upload(std::string_view upload_id) = 0;  ///< no error if absent

    virtual Result<std::optional<std::uint64_t>> size(std::string_view sha256) = 0;
    virtual Result<std::unique_ptr<os::File>> read(std::string_view sha256) = 0;  ///< not_found
    virtual Result<> remove(std::string_view sha256) = 0;                         ///< no error if absent
};

}  // namespace slipway::blobs
