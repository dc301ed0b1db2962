#pragma once

#include <string>

#include "platform/json/parse.h"

/// Changes one place of a JSON text, as somebody on the other side might.
namespace samples {

/// `value` is JSON text; the place is made if it is not there.
inline std::string with(const std::string& text, const std::string& pointer, const std::string& value) {
    auto whole = slipway::json::parse(text, {.bytes_max = 8'000'000}).value();
    whole[slipway::json::Value::json_pointer(pointer)] = slipway::json::parse(value, {.bytes_max = 8'000'000}).value();
    return whole.dump();
}

inline std::string without(const std::string& text, const std::string& pointer) {
    auto whole = slipway::json::parse(text).value();
    const slipway::json::Value::json_pointer place(pointer);
    whole[place.parent_pointer()].erase(place.back());
    return whole.dump();
}

/// A JSON text of so many bytes.
inline std::string text_of(std::size_t bytes) { return "\"" + std::string(bytes, 'x') + "\""; }

/// An object of `count` empty texts: "v0", "v1", ...
inline std::string texts(std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) text += (i ? ",\"v" : "\"v") + std::to_string(i) + "\":\"\"";
    return text + "}";
}

/// What was refused, in words; else "taken".
template <typename Message>
std::string verdict_on(const slipway::Result<Message>& decoded) {
    return decoded ? "taken" : decoded.error().message;
}

/// `count` times the same JSON value.
inline std::string list_of(std::size_t count, const std::string& value) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) text += (i ? "," : "") + value;
    return text + "]";
}

}  // namespace samples
