#include "platform/run/line_reader.h"

namespace slipway::run {
namespace {

constexpr std::size_t part_bytes = 32 * 1024;

}  // namespace

Result<std::optional<std::string_view>> LineReader::next() {
    for (;;) {
        const auto end = buffer_.find('\n', begin_);
        const std::size_t length = (end == std::string::npos ? buffer_.size() : end) - begin_;
        if (length > line_bytes_max_)
            return fail(Code::corrupt, "a line is longer than " + std::to_string(line_bytes_max_) + " bytes");
        if (end != std::string::npos) {
            const std::string_view line(buffer_.data() + begin_, length);
            begin_ = end + 1;
            return line;
        }
        buffer_.erase(0, begin_);
        begin_ = 0;
        const std::size_t had = buffer_.size();
        buffer_.resize(had + part_bytes);
        const auto got = file_.read_at(offset_, {buffer_.data() + had, part_bytes});
        buffer_.resize(had + (got ? *got : 0));
        if (!got) return fail(got.error());
        if (*got == 0) return std::nullopt;
        offset_ += *got;
    }
}

void LineReader::restart() {
    offset_ = 0;
    buffer_.clear();
    begin_ = 0;
}

}  // namespace slipway::run
