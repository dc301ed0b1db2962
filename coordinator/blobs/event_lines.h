#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/os/files.h"

/// The `.events` file of an attempt: one JSON text per line, the n-th line is event n. A last line without its newline
/// was being written when the process or the machine stopped; it was never acknowledged.
namespace slipway::blobs {

/// Where appending goes on.
struct EventsEnd {
    std::uint64_t file_bytes = 0;
    std::int64_t count = 0;
};

/// Against limits::events_max and event_bytes_max, and newlines within a line.
Result<> check_events(std::int64_t first, const std::vector<std::string>& lines);

/// Counts, cuts a torn line, and makes durable what is there.
Result<EventsEnd> load_events(os::File& file);

/// Those that are not held yet, durably; nothing if `first` leaves a gap. After an error the file is as it was.
Result<> append_events(os::File& file, EventsEnd& end, std::int64_t first, const std::vector<std::string>& lines);

Result<std::vector<std::string>> read_events(os::File& file);

}  // namespace slipway::blobs
