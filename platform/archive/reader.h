#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "platform/archive/entry.h"
#include "platform/archive/format.h"
#include "platform/archive/limits.h"
#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::archive {

/// The entries of one archive in the order in which they lie in it, each read twice: by our strict screen and by
/// libarchive, which have to agree. One thread. After an error the reader is of no more use.
class Reader {
public:
    virtual ~Reader() = default;

    /// Nothing after the last entry, and only when the whole file has been read and is sound: check values, end marks,
    /// no bytes behind it.
    virtual Result<std::optional<Entry>> next() = 0;
    /// The next piece of the present file's content, valid until the next call; empty at its end, when its length and
    /// check value were right.
    virtual Result<std::string_view> read() = 0;
};

/// `file` must outlive the reader and must not change.
Result<std::unique_ptr<Reader>> open_reader(os::File& file, Format format, const UnpackLimits& limits);

}  // namespace slipway::archive
