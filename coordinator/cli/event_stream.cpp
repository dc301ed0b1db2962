#include "coordinator/cli/event_stream.h"

#include <utility>

namespace slipway::cli {
namespace {

constexpr std::size_t event_bytes_max = 4 * 1024 * 1024;

}  // namespace

Result<> EventStreamParser::take(std::string_view bytes, const std::function<Result<>(const StreamEvent&)>& on_event) {
    while (!bytes.empty()) {
        if (std::exchange(after_return_, false) && bytes.front() == '\n') {
            bytes.remove_prefix(1);
            continue;
        }
        const auto end = bytes.find_first_of("\r\n");
        line_ += bytes.substr(0, end);
        if (line_.size() + event_.data.size() > event_bytes_max)
            return fail(Code::limit, "the coordinator sent an event of more than 4 MiB");
        if (end == std::string_view::npos) return {};
        after_return_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        TRY(take_line(on_event));
        line_.clear();
    }
    return {};
}

Result<> EventStreamParser::take_line(const std::function<Result<>(const StreamEvent&)>& on_event) {
    if (line_.empty()) {
        const StreamEvent event = std::exchange(event_, {});
        if (std::exchange(has_data_, false)) TRY(on_event(event));
        return {};
    }
    const auto colon = line_.find(':');
    const std::string_view field = std::string_view(line_).substr(0, colon);
    std::string_view value = colon == std::string::npos ? "" : std::string_view(line_).substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "id") event_.id = value;
    if (field == "event") event_.name = value;
    if (field != "data") return {};
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
    return {};
}

}  // namespace slipway::cli
