#include "coordinator/blobs/event_lines.h"

#include <algorithm>
#include <string_view>

#include "platform/base/crash_point.h"
#include "platform/base/limits.h"
#include "platform/os/file_steps.h"

namespace slipway::blobs {

namespace {

constexpr std::size_t chunk_bytes = 256 * 1024;
constexpr std::size_t file_bytes_max = limits::events_max * (limits::event_bytes_max + 1);

}  // namespace

Result<> check_events(std::int64_t first, const std::vector<std::string>& lines) {
    if (first < 1) return fail(Code::invalid, "events are numbered from 1");
    if (static_cast<std::uint64_t>(first) - 1 + lines.size() > limits::events_max)
        return fail(Code::limit, "an attempt may have " + std::to_string(limits::events_max) + " events");
    for (const std::string& line : lines) {
        if (line.size() > limits::event_bytes_max)
            return fail(Code::limit, "an event may have " + std::to_string(limits::event_bytes_max) + " bytes");
        if (line.find('\n') != std::string::npos) return fail(Code::invalid, "an event has a newline in it");
    }
    return {};
}

Result<EventsEnd> load_events(os::File& file) {
    EventsEnd end;
    std::vector<char> chunk(chunk_bytes);
    std::uint64_t at = 0;
    for (;;) {
        TRY_ASSIGN(const std::size_t got, file.read_at(at, chunk));
        if (got == 0) break;
        for (std::size_t i = 0; i < got; ++i) {
            if (chunk[i] != '\n') continue;
            ++end.count;
            end.file_bytes = at + i + 1;
        }
        at += got;
    }
    if (at > end.file_bytes) TRY(file.truncate(end.file_bytes));
    TRY(file.sync_data());
    return end;
}

Result<> append_events(os::File& file, EventsEnd& end, std::int64_t first, const std::vector<std::string>& lines) {
    if (first > end.count + 1) return {};
    std::string bytes;
    std::int64_t added = 0;
    for (auto skip = static_cast<std::size_t>(end.count + 1 - first); skip < lines.size(); ++skip, ++added)
        bytes += lines[skip] + '\n';
    if (added == 0) return {};
    Result<> stored = file.write_at(end.file_bytes, bytes);
    CRASH_POINT("blobs.events_sync_before");
    if (stored) stored = file.sync_data();
    if (!stored) {
        static_cast<void>(file.truncate(end.file_bytes));
        return stored;
    }
    CRASH_POINT("blobs.events_sync_after");
    end.file_bytes += bytes.size();
    end.count += added;
    return {};
}

Result<std::vector<std::string>> read_events(os::File& file) {
    TRY_ASSIGN(const std::string bytes, os::read_whole(file, file_bytes_max));
    std::vector<std::string> lines;
    std::string_view left = bytes;
    for (std::size_t end = left.find('\n'); end != std::string_view::npos; end = left.find('\n')) {
        lines.emplace_back(left.substr(0, end));
        left.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace slipway::blobs
