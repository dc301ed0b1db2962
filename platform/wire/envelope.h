#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/wire/order.h"

/// A DSSE envelope (github.com/secure-systems-lab/dsse, envelope 1.0):
///     {"payload": base64, "payloadType": text, "signatures": [{"keyid": text, "sig": base64}]}
/// Its bytes are made once and never again: wire, attempt.json and bundle hold the same ones. Whoever has an envelope
/// keeps its bytes, and decodes them to look inside.
namespace slipway::wire {

struct Signature {
    std::string keyid;  ///< a hint only; may be empty
    std::string sig;    ///< raw bytes
    bool operator==(const Signature&) const = default;
};

struct Envelope {
    std::string payload_type;
    std::string payload;  ///< raw bytes
    std::vector<Signature> signatures;
};

std::string encode(const Envelope& envelope);
/// Strict: standard base64, no field that is not known, at most limits::order_bytes_max.
Result<Envelope> decode_envelope(std::string_view bytes);

/// The envelope's bytes of an order without signatures.
std::string seal_order(const Order& order);
/// Envelope and payload in one; refuses another payload type.
Result<Order> open_order(std::string_view envelope_bytes);

}  // namespace slipway::wire
