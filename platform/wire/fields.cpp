#include "platform/wire/fields.h"

#include <algorithm>

#include "platform/wire/protocol.h"

namespace slipway::wire {
namespace {

/// A coordinator serves agents three versions back.
constexpr int protocol_version_oldest = protocol_version > 3 ? protocol_version - 3 : 1;

}  // namespace

bool is_instance(std::string_view text) {
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 32 && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_pem(std::string_view text) {
    const auto is_plain = [](char c) { return c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f); };
    return text.starts_with("-----BEGIN ") && text.find("-----END ") != std::string_view::npos &&
           std::all_of(text.begin(), text.end(), is_plain);
}

json::UnknownFields unknown_fields_of(int protocol) {
    return protocol > protocol_version ? json::UnknownFields::ignore : json::UnknownFields::refuse;
}

json::UnknownFields unknown_fields_of(const json::Value& request) {
    if (!request.is_object()) return json::UnknownFields::refuse;
    const auto protocol = request.find("protocol");
    const bool newer = protocol != request.end() && protocol->is_number_unsigned() &&
                       protocol->get<std::uint64_t>() > std::uint64_t{protocol_version};
    return newer ? json::UnknownFields::ignore : json::UnknownFields::refuse;
}

void required_protocol(json::Reader& in, int& protocol) {
    in.required("protocol", protocol, json::Range{0, 1'000'000});
    if (in.ok() && protocol < protocol_version_oldest)
        in.refuse("protocol",
                  Error{Code::invalid,
                        "version " + std::to_string(protocol) + " of the agent protocol is not served, only " +
                            std::to_string(protocol_version_oldest) + " to " + std::to_string(protocol_version) +
                            " are: update the agent",
                        "protocol_unsupported"});
}

void optional_time(json::Reader& in, std::string_view name, std::optional<Time>& to) {
    std::optional<std::string> text;
    in.optional(name, text, {.bytes_max = 40});
    if (!text) return;
    auto time = from_rfc3339(*text);
    if (time)
        to = *time;
    else
        in.refuse(name, "\"" + printable(*text, 40) + "\" is " + time.error().message);
}

void required_time(json::Reader& in, std::string_view name, Time& to) {
    std::optional<Time> time;
    optional_time(in, name, time);
    if (time)
        to = *time;
    else
        in.refuse(name, "this field is missing");
}

std::string_view cut(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
    return text.substr(0, bytes_max);
}

}  // namespace slipway::wire
