#include "agent/link/blob_cache.h"

#include <algorithm>

#include "platform/base/crash_point.h"

namespace slipway::link {
namespace {

constexpr std::string_view part_prefix = ".part-";
constexpr std::size_t entries_max = 100'000;

}  // namespace

Result<> BlobCache::open(os::Directory& directory) {
    directory_ = &directory;
    TRY_ASSIGN(const auto entries, directory.list(entries_max));
    for (const os::Entry& entry : entries) {
        const bool part = entry.name.starts_with(part_prefix);
        const std::string digest = part ? entry.name.substr(part_prefix.size()) : entry.name;
        if (!is_digest(digest) || entry.kind != os::Kind::file) continue;  // not ours: left alone
        TRY_ASSIGN(const auto status, directory.status(entry.name));
        if (!status) continue;
        entries_[entry.name] = {digest, status->size, status->modified};
        bytes_ += status->size;
    }
    return {};
}

bool BlobCache::use(const Digest& digest, std::uint64_t bytes) {
    const auto status = directory_->status(digest);
    if (!status || !*status) {
        forget(digest);  // an attempt process that found it changed took it away
        return false;
    }
    if ((*status)->kind != os::Kind::file || (*status)->size != bytes) {
        logger_.warning("a blob in the cache has another size and is fetched again", {{"sha256", digest}});
        if (auto removed = directory_->remove(digest); !removed)
            logger_.error("it could not be removed", {{"error", removed.error().message}});
        forget(digest);
        return false;
    }
    put(digest, bytes);
    // The order of use survives a restart as the files' times.
    if (auto file = directory_->open(digest, {.access = os::Access::read}))
        if (auto set = (*file)->set_modified(clock_.wall()); !set)
            logger_.debug("a blob's time was not set", {{"error", set.error().message}});
    return true;
}

void BlobCache::put(const Digest& digest, std::uint64_t bytes) {
    forget(part_name(digest));
    forget(digest);
    entries_[digest] = {digest, bytes, clock_.wall()};
    bytes_ += bytes;
}

void BlobCache::note_part(const Digest& digest, std::uint64_t bytes) {
    forget(part_name(digest));
    entries_[part_name(digest)] = {digest, bytes, clock_.wall()};
    bytes_ += bytes;
}

void BlobCache::drop_part(const Digest& digest) {
    const std::string name = part_name(digest);
    if (auto removed = directory_->remove(name); !removed && removed.error().code != Code::not_found)
        logger_.warning("a part of a blob could not be removed", {{"error", removed.error().message}});
    forget(name);
}

void BlobCache::forget(const std::string& name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    bytes_ -= found->second.bytes;
    entries_.erase(found);
}

Result<> BlobCache::make_room(std::uint64_t coming, const std::set<Digest>& needed) {
    // What is needed may pass the bound: the job that names it matters more, and it goes when the job is over.
    while (bytes_ + coming > bytes_max_ && remove_oldest(needed)) {
    }
    for (;;) {
        TRY_ASSIGN(const auto space, directory_->space());
        if (space.free_bytes >= coming) return {};
        if (!remove_oldest(needed))
            return fail(Code::disk_full,
                        directory_->path() + ": " + std::to_string(coming) + " bytes are to come and " +
                            std::to_string(space.free_bytes) + " are free; make room on this disk",
                        "disk_full");
    }
}

bool BlobCache::remove_oldest(const std::set<Digest>& needed) {
    auto oldest = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
        if (!needed.contains(entry->second.digest) &&
            (oldest == entries_.end() || entry->second.used < oldest->second.used))
            oldest = entry;
    if (oldest == entries_.end()) return false;
    CRASH_POINT("cache.remove_before");
    if (auto removed = directory_->remove(oldest->first); !removed && removed.error().code != Code::not_found)
        logger_.warning("a blob could not be removed from the cache", {{"error", removed.error().message}});
    CRASH_POINT("cache.remove_after");
    bytes_ -= oldest->second.bytes;
    entries_.erase(oldest);
    return true;
}

}  // namespace slipway::link
