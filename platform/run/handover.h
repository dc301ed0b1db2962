#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"

/// What the link says to a waiting attempt process on its standard input: frames of one byte that names the kind, the
/// length in four bytes, big-endian, and the bytes.
///     'o'  the order: the envelope's bytes as they came; exactly once, first
///     'g'  go, without bytes: the order is journalled and its artifacts are in the cache; at once or much later
/// The end before 'g' means: do nothing, end yourself. After 'g' the stream means nothing and is closed.
namespace slipway::run {

std::string order_frame(std::string_view document);
std::string go_frame();

/// Takes the stream apart as it comes. One thread.
class HandoverReader {
public:
    /// What came after `go` is passed over. Refuses what is no handover (Code::corrupt) and an order that is longer
    /// than limits::order_bytes_max (Code::limit); after that every call refuses.
    Result<> feed(std::string_view bytes);

    /// The document, once it is whole; one call gives it.
    std::optional<std::string> take_order();
    bool go() const { return go_; }

private:
    Result<> take_header();

    std::string header_;
    std::string document_;
    std::uint32_t left_ = 0;  ///< bytes of the document still to come
    bool order_begun_ = false;
    bool order_ready_ = false;
    bool go_ = false;
    bool broken_ = false;
};

}  // namespace slipway::run
