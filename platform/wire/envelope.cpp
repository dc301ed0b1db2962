#include "platform/wire/envelope.h"

#include "platform/wire/fields.h"
#include "platform/wire/protocol.h"

namespace slipway::wire {
namespace {

void required_base64(json::Reader& in, std::string_view name, std::size_t text_bytes_max, std::string& to) {
    std::string text;
    in.required(name, text, {.bytes_min = 1, .bytes_max = text_bytes_max});
    if (auto bytes = from_base64(text))
        to = std::move(*bytes);
    else
        in.refuse(name, bytes.error().message);
}

void read(json::Reader& in, Envelope& envelope) {
    required_base64(in, "payload", limits::order_bytes_max, envelope.payload);
    in.required("payloadType", envelope.payload_type,
                {.bytes_min = 1, .bytes_max = 128, .valid = is_line, .expected = "a media type"});
    in.need("signatures");
    in.array("signatures", 16, [&](json::Reader& item) {
        Signature& signature = envelope.signatures.emplace_back();
        item.optional("keyid", signature.keyid, {.bytes_max = 256});
        required_base64(item, "sig", 4096, signature.sig);
    });
}

}  // namespace

std::string encode(const Envelope& envelope) {
    json::Writer out;
    out.begin_object();
    out.field("payload", to_base64(envelope.payload));
    out.field("payloadType", envelope.payload_type);
    out.begin_array("signatures");
    for (const Signature& signature : envelope.signatures) {
        out.begin_object();
        out.field("keyid", signature.keyid);
        out.field("sig", to_base64(signature.sig));
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

Result<Envelope> decode_envelope(std::string_view bytes) {
    TRY_ASSIGN(const auto value, json::parse(bytes, {.bytes_max = limits::order_bytes_max}));
    return read_whole<Envelope>(value, json::UnknownFields::refuse, read);
}

std::string seal_order(const Order& order) { return encode(Envelope{std::string(order_type), encode(order), {}}); }

Result<Order> open_order(std::string_view envelope_bytes) {
    TRY_ASSIGN(const Envelope envelope, decode_envelope(envelope_bytes));
    if (envelope.payload_type != order_type)
        return fail(Code::unsupported,
                    "the envelope holds \"" + printable(envelope.payload_type, 128) + "\", and this program reads \"" +
                        std::string(order_type) + "\" only; a newer coordinator needs a newer agent",
                    "order_type_unknown");
    return decode_order(envelope.payload);
}

}  // namespace slipway::wire
