#include "platform/run/handover.h"

#include <algorithm>

#include "platform/base/limits.h"

namespace slipway::run {
namespace {

constexpr std::size_t header_bytes = 5;

std::string frame(char kind, std::string_view bytes) {
    const auto length = static_cast<std::uint32_t>(bytes.size());
    std::string text(1, kind);
    for (int shift = 24; shift >= 0; shift -= 8) text.push_back(static_cast<char>((length >> shift) & 0xff));
    return text.append(bytes);
}

}  // namespace

std::string order_frame(std::string_view document) { return frame('o', document); }
std::string go_frame() { return frame('g', {}); }

Result<> HandoverReader::take_header() {
    const char kind = header_[0];
    std::uint32_t length = 0;
    for (std::size_t i = 1; i < header_bytes; ++i) length = (length << 8) | static_cast<unsigned char>(header_[i]);
    header_.clear();
    if (kind == 'g' && length == 0 && order_begun_) {
        go_ = true;
        return {};
    }
    if (kind != 'o' || order_begun_ || length == 0)
        return fail(Code::corrupt, "the handover on standard input is not one of this version");
    if (length > limits::order_bytes_max)
        return fail(Code::limit, "the handed over order has " + std::to_string(length) + " bytes; at most " +
                                     std::to_string(limits::order_bytes_max) + " are allowed");
    order_begun_ = true;
    left_ = length;
    document_.reserve(length);
    return {};
}

Result<> HandoverReader::feed(std::string_view bytes) {
    if (broken_) return fail(Code::corrupt, "the handover on standard input is broken");
    while (!bytes.empty() && !go_) {
        if (left_ > 0) {
            const std::size_t count = std::min<std::size_t>(left_, bytes.size());
            document_.append(bytes.substr(0, count));
            bytes.remove_prefix(count);
            left_ -= static_cast<std::uint32_t>(count);
            order_ready_ = left_ == 0;
            continue;
        }
        const std::size_t count = std::min(header_bytes - header_.size(), bytes.size());
        header_.append(bytes.substr(0, count));
        bytes.remove_prefix(count);
        if (header_.size() < header_bytes) break;
        if (auto taken = take_header(); !taken) {
            broken_ = true;
            return taken;
        }
    }
    return {};
}

std::optional<std::string> HandoverReader::take_order() {
    if (!order_ready_) return std::nullopt;
    order_ready_ = false;
    return std::move(document_);
}

}  // namespace slipway::run
