#include "coordinator/http/head.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"

namespace slipway::http {
namespace {

constexpr std::size_t method_bytes_max = 16;
constexpr std::size_t content_length_digits_max = 19;  // below 2^63

/// Fields that have one value: two of them are read differently by different programs.
constexpr std::array<std::string_view, 17> single_fields = {
    "host",          "content-length", "transfer-encoding", "authorization", "content-type",  "content-encoding",
    "expect",        "range",          "if-range",          "if-match",      "if-none-match", "upload-offset",
    "last-event-id", "origin",         "idempotency-key",   "accept",        "cookie"};

constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> table{};
    for (const char c :
         std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return token_characters[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

bool equals_lower(std::string_view text, std::string_view lower) {
    return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
           });
}

tl::unexpected<Error> target_too_long() {
    return fail(Code::limit,
                "the request's address is longer than " + std::to_string(limits::request_target_bytes_max) + " bytes",
                "uri_too_long");
}

Result<> check_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return fail(Code::invalid, "the request line is not 'METHOD /path HTTP/1.1'");
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method) || method.size() > method_bytes_max)
        return fail(Code::invalid, "the request's method is not a word of at most 16 letters");
    if (target.size() > limits::request_target_bytes_max) return target_too_long();
    const auto visible = [](char c) { return c > ' ' && c < 0x7F && c != '#'; };
    if (target.empty() || !std::all_of(target.begin(), target.end(), visible))
        return fail(Code::invalid, "the request's address holds a character that must be written as %XX");
    if (version != "HTTP/1.1") {
        if (version.starts_with("HTTP/"))
            return fail(Code::unsupported, "this server speaks HTTP/1.1 alone (a proxy in front must be told so)",
                        "http_version_unsupported");
        return fail(Code::invalid, "the request line is not 'METHOD /path HTTP/1.1'");
    }
    return {};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

class FieldCheck {
public:
    Result<> line(std::string_view line) {
        if (line.front() == ' ' || line.front() == '\t')
            return fail(Code::invalid, "a header line begins with white space (obsolete folding)");
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
            return fail(Code::invalid, "a header line is not 'Name: value': '" + printable(line, 60) + "'");
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (!is_field_value(value))
            return fail(Code::invalid, "the value of header '" + std::string(name) + "' holds a control character");
        if (++fields_ > limits::request_fields_max)
            return fail(Code::limit,
                        "the request has more than " + std::to_string(limits::request_fields_max) + " header fields",
                        "header_too_large");
        for (std::size_t i = 0; i < single_fields.size(); ++i)
            if (equals_lower(name, single_fields[i])) TRY(single(i, name));
        if (equals_lower(name, "content-length")) return content_length(value);
        if (equals_lower(name, "transfer-encoding") && !equals_lower(value, "chunked"))
            return fail(Code::invalid,
                        "Transfer-Encoding is '" + printable(value, 40) + "'; only 'chunked' is understood");
        if (equals_lower(name, "host") && value.empty()) return fail(Code::invalid, "the Host header is empty");
        return {};
    }

    Result<> end() const {
        if (!has("host")) return fail(Code::invalid, "the request has no Host header");
        if (has("content-length") && has("transfer-encoding"))
            return fail(Code::invalid, "the request has both Content-Length and Transfer-Encoding");
        return {};
    }

private:
    bool has(std::string_view name) const {
        const auto at = std::find(single_fields.begin(), single_fields.end(), name) - single_fields.begin();
        return (seen_ & (1u << at)) != 0;
    }

    Result<> single(std::size_t index, std::string_view name) {
        const std::uint32_t bit = 1u << index;
        if ((seen_ & bit) != 0)
            return fail(Code::invalid, "header '" + std::string(name) + "' is given more than once");
        seen_ |= bit;
        return {};
    }

    static Result<> content_length(std::string_view value) {
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        if (value.empty() || value.size() > content_length_digits_max ||
            !std::all_of(value.begin(), value.end(), digit) ||
            (value.size() == content_length_digits_max && value > "9223372036854775807"))
            return fail(Code::invalid, "Content-Length '" + printable(value, 40) + "' is not a number of bytes");
        return {};
    }

    std::size_t fields_ = 0;
    std::uint32_t seen_ = 0;
};

}  // namespace

Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t seen) {
    const std::string_view window = bytes.substr(0, limits::request_header_bytes_max);
    for (std::size_t at = window.find('\n', seen); at != std::string_view::npos; at = window.find('\n', at + 1)) {
        if (at == 0 || window[at - 1] != '\r')
            return fail(Code::invalid, "a line of the request ends with a line feed alone; CR LF is demanded");
        if (at >= 3 && window[at - 2] == '\n') return std::optional<std::size_t>(at + 1);
    }
    if (window.find('\n') == std::string_view::npos && window.size() > limits::request_target_bytes_max + 64)
        return target_too_long();
    if (bytes.size() >= limits::request_header_bytes_max)
        return fail(
            Code::limit,
            "the request's header is longer than " + std::to_string(limits::request_header_bytes_max) + " bytes",
            "header_too_large");
    return std::nullopt;
}

Result<> check_head(std::string_view block) {
    std::size_t end = block.find("\r\n");
    TRY(check_request_line(block.substr(0, end)));
    FieldCheck fields;
    for (;;) {
        block.remove_prefix(end + 2);
        end = block.find("\r\n");
        if (end == 0) return fields.end();
        TRY(fields.line(block.substr(0, end)));
    }
}

}  // namespace slipway::http
