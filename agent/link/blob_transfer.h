#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/link/artifact_fetch.h"
#include "agent/link/blob_cache.h"
#include "platform/crypto/sha256.h"

namespace slipway::link {

/// One blob on its way into the cache: goes on where its part ends, waits out the network, and is over only when the
/// blob lies there verified, or cannot. Destroying it leaves the part for later.
class BlobTransfer {
public:
    /// `done` is called once, never inside start(); it may destroy this object.
    BlobTransfer(const ArtifactFetch::Parts& parts, BlobCache& cache, Digest digest, std::uint64_t bytes,
                 std::function<void(Result<>)> done);
    ~BlobTransfer();

    void start();

private:
    void open_part();
    void hash_part();
    void request();
    void take_head(const net::Response& head);
    Result<net::Flow> take(std::string_view bytes);
    Result<> write_out();
    void ended(Result<net::Response> response);
    void refused(const net::Response& response);
    void again(std::optional<Duration> retry_after);
    void check();
    void finish();
    void from_zero(std::string_view why);
    Result<> empty_part();
    void over(Result<> result);
    Error within(Error error) const;

    const ArtifactFetch::Parts& parts_;
    BlobCache& cache_;
    const Digest digest_;
    const std::uint64_t bytes_;
    std::function<void(Result<>)> done_;

    std::unique_ptr<os::File> file_;
    std::uint64_t offset_ = 0;     ///< hashed and written
    std::uint64_t hashed_to_ = 0;  ///< how much of a found part is to be hashed first
    std::string buffer_;           ///< behind it
    crypto::Sha256 hash_;
    bool body_counts_ = false;  ///< of the answer under way: it is the blob
    std::string refusal_;       ///< the beginning of an answer that is not
    bool second_try_ = false;
    net::Backoff backoff_;
    std::unique_ptr<net::Exchange> exchange_;
    os::Handle later_;
};

}  // namespace slipway::link
