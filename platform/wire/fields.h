#pragma once

#include <string>
#include <string_view>

#include "platform/base/bytes.h"
#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/base/line.h"
#include "platform/base/time.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"

/// The rules of fields that several messages share. For the .cpp files of this folder.
namespace slipway::wire {

bool is_instance(std::string_view text);  ///< 32 lower-case hex digits
bool is_pem(std::string_view text);       ///< begins and ends as PEM does, plain ASCII between

inline constexpr json::Text id_text{.bytes_max = 36, .valid = is_uuid, .expected = "a UUID in lower case"};
inline constexpr json::Text digest_text{
    .bytes_max = 64, .valid = is_digest, .expected = "a SHA-256 of 64 lower-case hex digits"};
inline constexpr json::Text name_text{
    .bytes_max = 64, .valid = is_name, .expected = "a name of a-z 0-9 . _ - that begins with a letter or digit"};
inline constexpr json::Text version_text{
    .bytes_max = 64,
    .valid = is_version,
    .expected = "a word of letters, digits, . _ + - that begins with a letter or digit"};
inline constexpr json::Text title_text{.bytes_min = 1,
                                       .bytes_max = limits::title_bytes_max,
                                       .valid = is_line,
                                       .expected = "one line without control characters"};
inline constexpr json::Text pem_text{.bytes_max = 64 * 1024, .valid = is_pem, .expected = "PEM text"};
inline constexpr json::Range fence_range{.min = 1};

/// Requests of a newer version may hold fields that this program does not know.
json::UnknownFields unknown_fields_of(int protocol);
/// The same by the field `protocol` of a request that is not read yet.
json::UnknownFields unknown_fields_of(const json::Value& request);

/// The field `protocol`: versions that are not served any more are refused with `protocol_unsupported`.
void required_protocol(json::Reader& in, int& protocol);

void required_time(json::Reader& in, std::string_view name, Time& to);
void optional_time(json::Reader& in, std::string_view name, std::optional<Time>& to);

/// The longest beginning of `text` of at most `bytes_max` bytes that does not end inside a character.
std::string_view cut(std::string_view text, std::size_t bytes_max);

template <typename Message>
std::string text_of(const Message& message, void (*write)(json::Writer&, const Message&)) {
    json::Writer out;
    write(out, message);
    return std::move(out).take();
}

template <typename Message>
Result<Message> read_whole(const json::Value& value, json::UnknownFields unknown,
                           void (*read)(json::Reader&, Message&)) {
    Message message;
    json::Reader in(value, unknown);
    read(in, message);
    TRY(in.finish());
    return message;
}

}  // namespace slipway::wire
