#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::archive {

enum class EntryKind { file, folder, symbolic_link, hard_link };

std::string_view to_string(EntryKind kind);

/// One entry as the archive says it.
struct Entry {
    std::string name;
    EntryKind kind = EntryKind::file;
    std::uint64_t size = 0;     ///< bytes of content; 0 for all but files
    std::uint32_t mode = 0644;  ///< permission bits
    std::int64_t modified_s = 0;
    std::string link = {};  ///< target of a link
};

}  // namespace slipway::archive
