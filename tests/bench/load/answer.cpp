#include "tests/bench/load/answer.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace slipway::bench {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

Result<std::size_t> number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || rest == text.data())
        return fail(Code::invalid, "an answer's length is \"" + std::string(text) + "\"");
    return value;
}

}  // namespace

Result<std::optional<Answer>> AnswerReader::take(std::string_view bytes) {
    buffer_ += bytes;
    if (!head_read_) {
        TRY_ASSIGN(head_read_, read_head());
        if (!head_read_) return std::nullopt;
    }
    if (length_) {
        if (buffer_.size() < *length_) return std::nullopt;
        answer_.body = buffer_.substr(0, *length_);
        buffer_.erase(0, *length_);
    } else {
        TRY_ASSIGN(const bool whole, read_chunks());
        if (!whole) return std::nullopt;
    }
    head_read_ = false;
    length_.reset();
    return std::exchange(answer_, {});
}

Result<bool> AnswerReader::read_head() {
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string_view head(buffer_.data(), end + 2);
    if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return fail(Code::invalid, "the answer is not HTTP/1.1");
    TRY_ASSIGN(const std::size_t status, number(head.substr(9, 3), 10));
    answer_.status = static_cast<int>(status);
    bool chunked = false;
    length_ = 0;
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
        const std::size_t line_end = head.find("\r\n", at);
        const std::string_view line = head.substr(at, line_end - at);
        at = line_end + 2;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return fail(Code::invalid, "a header line has no colon");
        const std::string name = lower(line.substr(0, colon));
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        if (name == "content-length") {
            TRY_ASSIGN(length_, number(value, 10));
        } else if (name == "transfer-encoding") {
            chunked = lower(value) == "chunked";
        } else if (name == "connection") {
            answer_.closes = lower(value) == "close";
        } else if (name == "retry-after") {
            TRY_ASSIGN(answer_.retry_after_s, number(value, 10));
        }
    }
    if (chunked) length_.reset();
    buffer_.erase(0, end + 4);
    return true;
}

Result<bool> AnswerReader::read_chunks() {
    for (;;) {
        const std::size_t line_end = buffer_.find("\r\n");
        if (line_end == std::string::npos) return false;
        TRY_ASSIGN(const std::size_t size, number(std::string_view(buffer_).substr(0, line_end), 16));
        if (buffer_.size() < line_end + 2 + size + 2) return false;
        answer_.body += std::string_view(buffer_).substr(line_end + 2, size);
        buffer_.erase(0, line_end + 2 + size + 2);
        if (size == 0) return true;
    }
}

}  // namespace slipway::bench
