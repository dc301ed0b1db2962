#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/logger.h"
#include "platform/base/result.h"
#include "platform/net/backoff.h"
#include "platform/net/http_client.h"
#include "platform/os/files.h"
#include "platform/os/loop.h"
#include "platform/wire/order.h"

namespace slipway::link {

struct FetchOptions {
    std::uint64_t cache_bytes_max = limits::agent_cache_bytes_max;
};

/// Brings the blobs that orders name into the cache: `cache/<sha256>`, each verified byte for byte before it has that
/// name; `cache/.part-<sha256>` grows and is gone on with after a broken line or a restart. The cache is bounded: what
/// was used longest ago goes, never what a running fetch or attempt needs.
class ArtifactFetch {
public:
    /// `client` and `url` are asked for each request: a renewed certificate brings another client.
    struct Parts {
        os::Loop& loop;
        Clock& clock;
        Random& random;
        Logger& logger;
        std::function<net::HttpClient&()> client;
        std::function<std::string(std::string_view path)> url;
    };
    ArtifactFetch(Parts parts, FetchOptions options = {});
    ~ArtifactFetch();

    /// REQUIRES: once, before anything else. `cache` outlives it.
    Result<> open(os::Directory& cache);

    /// All blobs of one attempt; `done` is called once, never inside this call. Errors: artifact_missing (the
    /// coordinator has it no more), artifact_corrupt (its bytes do not fit twice), disk_full as reasons; what the
    /// network does is waited out. The blobs stay in the cache until release().
    void fetch(const std::string& attempt, const std::vector<wire::OrderArtifact>& artifacts,
               std::function<void(Result<>)> done);
    /// The attempt is over or given up: its fetch ends and its blobs may go.
    void release(const std::string& attempt);
    /// The attempt's blobs may not go, such as after a restart of the link.
    void keep(const std::string& attempt, const std::vector<wire::OrderArtifact>& artifacts);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace slipway::link
