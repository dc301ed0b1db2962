#include "coordinator/cli/hashing.h"

#include <algorithm>
#include <vector>

namespace slipway::cli {
namespace {

constexpr std::size_t piece_bytes = 1024 * 1024;

}  // namespace

Result<> hash_into(crypto::Sha256& sha256, os::File& file, std::uint64_t size, Transport& transport,
                   Progress& progress) {
    std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, size)));
    for (std::uint64_t at = 0; at < size;) {
        TRY(transport.breathe());
        const std::span<char> room(piece.data(),
                                   static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - at)));
        TRY_ASSIGN(const std::size_t got, file.read_at(at, room));
        if (got == 0) return fail(Code::conflict, "the file became shorter while it was read", "file_changed");
        sha256.update({piece.data(), got});
        at += got;
        progress.at(at);
    }
    return {};
}

Result<Digest> hash_file(os::File& file, std::uint64_t size, Transport& transport, Progress& progress) {
    crypto::Sha256 sha256;
    TRY(hash_into(sha256, file, size, transport, progress));
    return sha256.hex();
}

}  // namespace slipway::cli
