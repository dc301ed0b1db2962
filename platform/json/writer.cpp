#include "platform/json/writer.h"

#include <array>
#include <charconv>

#include "platform/base/bytes.h"

namespace slipway::json {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            out += "\\u00";
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 15];
    }
}

constexpr std::array<bool, 256> plain_table() {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < table.size(); ++c) table[c] = c != '"' && c != '\\';
    return table;
}

bool plain(char c) {
    static constexpr std::array<bool, 256> table = plain_table();
    return table[static_cast<unsigned char>(c)];
}

void append_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && plain(text[run])) ++run;
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) break;
        append_escaped(out, text.front());
        text.remove_prefix(1);
    }
}

std::string repaired(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t length = 1;
        while (length < 4 && length < text.size() && !is_utf8(text.substr(0, length))) ++length;
        if (is_utf8(text.substr(0, length))) {
            out.append(text.substr(0, length));
        } else {
            out += "\xEF\xBF\xBD";
            length = 1;
        }
        text.remove_prefix(length);
    }
    return out;
}

template <typename T>
void append_number(std::string& out, T value) {
    std::array<char, 24> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    static_cast<void>(error);
    out.append(digits.data(), end);
}

}  // namespace

void Writer::separate() {
    if (!first_) text_ += ',';
    first_ = false;
}

void Writer::name(std::string_view field_name) {
    item(field_name);
    text_ += ':';
    first_ = true;  // no comma before the value
}

void Writer::begin_object() {
    separate();
    text_ += '{';
    first_ = true;
}

void Writer::begin_object(std::string_view field_name) {
    name(field_name);
    begin_object();
}

void Writer::end_object() {
    text_ += '}';
    first_ = false;
}

void Writer::begin_array() {
    separate();
    text_ += '[';
    first_ = true;
}

void Writer::begin_array(std::string_view field_name) {
    name(field_name);
    begin_array();
}

void Writer::end_array() {
    text_ += ']';
    first_ = false;
}

void Writer::item(std::string_view text) {
    separate();
    text_.reserve(text_.size() + text.size() + 2);
    text_ += '"';
    if (is_utf8(text))
        append_text(text_, text);
    else
        append_text(text_, repaired(text));
    text_ += '"';
}

void Writer::item_json(std::string_view json) { literal(json); }

void Writer::field_json(std::string_view field_name, std::string_view json) {
    name(field_name);
    item_json(json);
}

void Writer::literal(std::string_view text) {
    separate();
    text_ += text;
}

void Writer::number(std::int64_t value) {
    separate();
    append_number(text_, value);
}

void Writer::number(std::uint64_t value) {
    separate();
    append_number(text_, value);
}

}  // namespace slipway::json
