#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/blobs/attempt_logs.h"
#include "platform/os/files.h"

/// The `.times` file of an attempt: records of 16 bytes, two little-endian signed 64-bit numbers, log offset and
/// milliseconds since the attempt's start; offsets grow. Not synced with the log: what does not fit behind it is cut.
namespace slipway::blobs {

/// Where appending goes on.
struct MarksEnd {
    std::uint64_t file_bytes = 0;
    std::int64_t last_offset = -1;
};

/// Cuts torn records and those that do not lie within the first `log_bytes` bytes.
Result<MarksEnd> load_marks(os::File& times, std::int64_t log_bytes);

/// Those of `marks` that go on growing and lie within the first `log_bytes` bytes.
Result<> append_marks(os::File& times, MarksEnd& end, const std::vector<AttemptLogs::Mark>& marks,
                      std::int64_t log_bytes);

/// The last one before `from` and those that follow, at most `count_max`.
Result<std::vector<AttemptLogs::Mark>> read_marks(os::File& times, std::int64_t from, std::size_t count_max);

}  // namespace slipway::blobs
