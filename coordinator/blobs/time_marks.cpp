#include "coordinator/blobs/time_marks.h"

#include <algorithm>
#include <string>

namespace slipway::blobs {

namespace {

using Mark = AttemptLogs::Mark;

constexpr std::uint64_t record_bytes = 16;

void put(std::string& to, std::int64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8)
        to.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff));
}

std::int64_t get(const char* from) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    return static_cast<std::int64_t>(value);
}

Result<std::vector<Mark>> read_records(os::File& times, std::uint64_t first, std::uint64_t count) {
    std::vector<char> bytes(static_cast<std::size_t>(count * record_bytes));
    TRY_ASSIGN(const std::size_t got, times.read_at(first * record_bytes, bytes));
    std::vector<Mark> marks;
    for (std::size_t at = 0; at + record_bytes <= got; at += record_bytes)
        marks.push_back({get(bytes.data() + at), get(bytes.data() + at + 8)});
    return marks;
}

Result<Mark> read_record(os::File& times, std::uint64_t number) {
    TRY_ASSIGN(const auto marks, read_records(times, number, 1));
    if (marks.empty()) return fail(Code::corrupt, "a file of time marks is shorter than it says");
    return marks.front();
}

/// The number of the last record that lies before `offset`, or 0.
Result<std::uint64_t> last_before(os::File& times, std::uint64_t count, std::int64_t offset) {
    std::uint64_t low = 0;
    std::uint64_t high = count;  // records from `high` on lie at `offset` or beyond
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        TRY_ASSIGN(const Mark mark, read_record(times, middle));
        if (mark.offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? 0 : low - 1;
}

}  // namespace

Result<MarksEnd> load_marks(os::File& times, std::int64_t log_bytes) {
    TRY_ASSIGN(const os::Status status, times.status());
    MarksEnd end;
    std::uint64_t count = status.size / record_bytes;
    while (count > 0) {
        TRY_ASSIGN(const Mark mark, read_record(times, count - 1));
        if (mark.offset >= 0 && mark.offset < log_bytes) {
            end.last_offset = mark.offset;
            break;
        }
        --count;
    }
    end.file_bytes = count * record_bytes;
    if (end.file_bytes < status.size) TRY(times.truncate(end.file_bytes));
    return end;
}

Result<> append_marks(os::File& times, MarksEnd& end, const std::vector<Mark>& marks, std::int64_t log_bytes) {
    std::string records;
    std::int64_t last = end.last_offset;
    for (const Mark& mark : marks) {
        if (mark.offset >= log_bytes || mark.offset <= last) continue;
        put(records, mark.offset);
        put(records, mark.ms);
        last = mark.offset;
    }
    if (records.empty()) return {};
    TRY(times.write_at(end.file_bytes, records));
    end.file_bytes += records.size();
    end.last_offset = last;
    return {};
}

Result<std::vector<Mark>> read_marks(os::File& times, std::int64_t from, std::size_t count_max) {
    TRY_ASSIGN(const os::Status status, times.status());
    const std::uint64_t count = status.size / record_bytes;
    TRY_ASSIGN(const std::uint64_t first, last_before(times, count, from));
    return read_records(times, first, std::min<std::uint64_t>(count_max, count - first));
}

}  // namespace slipway::blobs
