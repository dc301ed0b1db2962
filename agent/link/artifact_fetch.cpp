#include "agent/link/artifact_fetch.h"

#include <algorithm>
#include <set>

#include "agent/link/blob_cache.h"
#include "agent/link/blob_transfer.h"
#include "platform/base/states.h"

namespace slipway::link {
namespace {

constexpr std::size_t transfers_max = 4;  // at once; the rest waits in line

}  // namespace

struct ArtifactFetch::State {
    struct Wanted {
        std::set<Digest> needed;   ///< stay in the cache
        std::set<Digest> missing;  ///< not there yet
        std::function<void(Result<>)> done;
        std::uint64_t call = 0;
    };

    State(Parts p, FetchOptions options)
        : parts(std::move(p)), cache(parts.clock, parts.logger, options.cache_bytes_max) {}

    std::set<Digest> needed() const {
        std::set<Digest> all;
        for (const auto& [id, wanted] : attempts) all.insert(wanted.needed.begin(), wanted.needed.end());
        return all;
    }

    bool is_wanted(const Digest& digest) const {
        return std::ranges::any_of(attempts, [&](const auto& entry) { return entry.second.missing.contains(digest); });
    }

    void tell(const std::string& attempt, Result<> result) {
        Wanted& wanted = attempts.at(attempt);
        wanted.missing.clear();
        parts.loop.post([weak = std::weak_ptr(alive), this, attempt, call = wanted.call, result = std::move(result)] {
            if (weak.expired()) return;
            const auto found = attempts.find(attempt);
            if (found == attempts.end() || found->second.call != call || !found->second.done) return;
            const auto done = std::exchange(found->second.done, nullptr);
            done(result);
        });
    }

    void start_next() {
        while (transfers.size() < transfers_max && !line.empty()) {
            const auto [digest, bytes] = line.front();
            line.erase(line.begin());
            if (!is_wanted(digest) || transfers.contains(digest)) continue;
            auto room = cache.make_room(bytes, needed());
            if (!room) {
                fail_all(digest, room.error());
                continue;
            }
            auto transfer = std::make_unique<BlobTransfer>(
                parts, cache, digest, bytes,
                [this, digest = digest](Result<> result) { arrived(digest, std::move(result)); });
            transfer->start();
            transfers.emplace(digest, std::move(transfer));
        }
    }

    void arrived(const Digest& digest, Result<> result) {
        const auto over = std::move(transfers.at(digest));
        transfers.erase(digest);
        if (!result) {
            fail_all(digest, result.error());
        } else {
            for (auto& [id, wanted] : attempts)
                if (wanted.missing.erase(digest) > 0 && wanted.missing.empty()) tell(id, {});
        }
        start_next();
    }

    void fail_all(const Digest& digest, const Error& error) {
        for (auto& [id, wanted] : attempts)
            if (wanted.missing.contains(digest)) tell(id, fail(error));
        drop_unwanted();
    }

    void drop_unwanted() {
        std::erase_if(transfers, [&](const auto& entry) { return !is_wanted(entry.first); });
    }

    Parts parts;
    BlobCache cache;
    std::map<std::string, Wanted> attempts;
    std::vector<std::pair<Digest, std::uint64_t>> line;
    std::map<Digest, std::unique_ptr<BlobTransfer>> transfers;
    std::uint64_t calls = 0;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

ArtifactFetch::ArtifactFetch(Parts parts, FetchOptions options)
    : state_(std::make_unique<State>(std::move(parts), options)) {}

ArtifactFetch::~ArtifactFetch() = default;

Result<> ArtifactFetch::open(os::Directory& cache) { return state_->cache.open(cache); }

void ArtifactFetch::keep(const std::string& attempt, const std::vector<wire::OrderArtifact>& artifacts) {
    for (const wire::OrderArtifact& artifact : artifacts) state_->attempts[attempt].needed.insert(artifact.sha256);
}

void ArtifactFetch::fetch(const std::string& attempt, const std::vector<wire::OrderArtifact>& artifacts,
                          std::function<void(Result<>)> done) {
    keep(attempt, artifacts);
    State::Wanted& wanted = state_->attempts[attempt];
    wanted.done = std::move(done);
    wanted.call = ++state_->calls;
    wanted.missing.clear();
    for (const wire::OrderArtifact& artifact : artifacts) {
        const auto bytes = static_cast<std::uint64_t>(artifact.bytes);
        if (wanted.missing.contains(artifact.sha256) || state_->cache.use(artifact.sha256, bytes)) continue;
        const bool on_its_way = state_->transfers.contains(artifact.sha256);
        wanted.missing.insert(artifact.sha256);
        if (!on_its_way) state_->line.emplace_back(artifact.sha256, bytes);
    }
    if (wanted.missing.empty()) return state_->tell(attempt, {});
    state_->start_next();
}

void ArtifactFetch::release(const std::string& attempt) {
    if (state_->attempts.erase(attempt) == 0) return;
    state_->drop_unwanted();
    // What passed the bound while it was needed goes now.
    if (auto room = state_->cache.make_room(0, state_->needed()); !room)
        state_->parts.logger.warning("the cache could not be made smaller", {{"error", room.error().message}});
    state_->start_next();
}

}  // namespace slipway::link
