#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "platform/base/bytes.h"
#include "platform/base/logger.h"
#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::link {

/// The folder of verified blobs and of those on their way, bounded: what was used longest ago goes. One thread.
class BlobCache {
public:
    BlobCache(Clock& clock, Logger& logger, std::uint64_t bytes_max)
        : clock_(clock), logger_(logger), bytes_max_(bytes_max) {}

    /// Reads what is there. `directory` outlives it.
    Result<> open(os::Directory& directory);
    os::Directory& directory() { return *directory_; }

    static std::string part_name(const Digest& digest) { return ".part-" + digest; }

    /// Whether the blob lies there whole; it counts as used now. One of another size is removed.
    bool use(const Digest& digest, std::uint64_t bytes);
    /// The part has its name now.
    void put(const Digest& digest, std::uint64_t bytes);
    void drop_part(const Digest& digest);
    /// Of a part that stays for later.
    void note_part(const Digest& digest, std::uint64_t bytes);

    /// Removes what is not in `needed`, oldest first, until `coming` more bytes fit below the bound and on the disk.
    /// disk_full if they do not fit on the disk even so.
    Result<> make_room(std::uint64_t coming, const std::set<Digest>& needed);

private:
    struct Entry {
        Digest digest;
        std::uint64_t bytes = 0;
        Time used;
    };
    /// False if nothing is left that may go.
    bool remove_oldest(const std::set<Digest>& needed);
    void forget(const std::string& name);

    Clock& clock_;
    Logger& logger_;
    std::uint64_t bytes_max_;
    os::Directory* directory_ = nullptr;
    std::map<std::string, Entry> entries_;  ///< by file name
    std::uint64_t bytes_ = 0;
};

}  // namespace slipway::link
