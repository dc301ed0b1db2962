#pragma once

#include <vector>

#include "platform/archive/entry.h"
#include "platform/archive/limits.h"
#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::archive {

/// Reads the structure of a zip file strictly before libarchive sees it (PKWARE APPNOTE 6.3.10) and gives its entries
/// in the order in which they lie in the file. The file has to be tiled: local headers, contents and descriptors from
/// the first byte to the central directory without a gap or an overlap, then the directory, then its end record at the
/// file's end. Each local header has to say what the directory says. Stored and deflated entries only, none encrypted.
///
/// `patches` are bytes that libarchive has to see changed: it converts names that are marked as UTF-8 to the locale's
/// character set, which is ASCII in these programs, and loses what does not fit. Without the mark names stay as they
/// are.
struct ScreenedZip {
    struct Patch {
        std::uint64_t offset;
        char byte;
    };
    std::vector<Entry> entries;
    std::vector<std::uint32_t> crcs;  ///< of each entry's content, for libarchive does not check those of links
    std::vector<Patch> patches;       ///< sorted by offset
};
Result<ScreenedZip> screen_zip(os::File& file, const UnpackLimits& limits);

}  // namespace slipway::archive
