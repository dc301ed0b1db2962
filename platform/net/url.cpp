#include "platform/net/url.h"

#include <algorithm>

#include "platform/base/bytes.h"

namespace slipway::net {
namespace {

constexpr std::size_t url_bytes_max = 4096;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::uint16_t port_of(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

bool is_host(std::string_view host, bool bracketed) {
    if (host.empty() || host.size() > 253) return false;
    if (bracketed)
        return std::all_of(host.begin(), host.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; }) &&
               host.find(':') != std::string_view::npos;
    if (host.front() == '.' || host.find("..") != std::string_view::npos) return false;
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
}

Result<> check_path(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] <= ' ' || text[i] > '~' || std::string_view("\"<>\\^`{|}").find(text[i]) != std::string_view::npos)
            return fail(Code::invalid, "the URL holds a character that must be written as %XX");
        if (text[i] == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])))
            return fail(Code::invalid, "the URL holds a % that is not followed by two hex digits");
    }
    return {};
}

Result<std::uint16_t> parse_port(std::string_view text) {
    std::uint32_t port = 0;
    const bool digits = std::all_of(text.begin(), text.end(), is_digit);
    if (digits && text.size() <= 5)
        for (const char c : text) port = port * 10 + static_cast<std::uint32_t>(c - '0');
    if (port == 0 || port > 65535) return fail(Code::invalid, "the URL's port is not a number from 1 to 65535");
    return static_cast<std::uint16_t>(port);
}

Result<> parse_authority(std::string_view authority, Url& url) {
    if (authority.find('@') != std::string_view::npos)
        return fail(Code::invalid, "the URL holds a user name, which is not supported there");
    const bool bracketed = authority.starts_with('[');
    std::size_t end = bracketed ? authority.find(']') : authority.find(':');
    if (bracketed && end == std::string_view::npos) return fail(Code::invalid, "the URL's address has no closing ]");
    const std::string_view host = authority.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
    if (bracketed) ++end;
    if (!is_host(host, bracketed))
        return fail(Code::invalid, "\"" + printable(host, 80) + "\" in the URL is not a host name or address");
    url.host = host;
    std::transform(url.host.begin(), url.host.end(), url.host.begin(), to_lower);
    url.port = port_of(url.scheme);
    if (end >= authority.size()) return {};
    if (authority[end] != ':') return fail(Code::invalid, "after the URL's address comes a port or a path");
    TRY_ASSIGN(url.port, parse_port(authority.substr(end + 1)));
    return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > url_bytes_max)
        return fail(Code::invalid, "the URL has " + std::to_string(text.size()) + " bytes; the limit is " +
                                       std::to_string(url_bytes_max));
    const std::size_t scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) return fail(Code::invalid, "a URL begins with https:// or http://");
    Url url;
    url.scheme = text.substr(0, scheme_end);
    std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), to_lower);
    if (url.scheme != "https" && url.scheme != "http")
        return fail(Code::invalid, "a URL begins with https:// or http://");
    text.remove_prefix(scheme_end + 3);
    if (text.find('#') != std::string_view::npos) return fail(Code::invalid, "the URL holds a fragment (#)");
    const std::size_t path_at = std::min(text.find_first_of("/?"), text.size());
    TRY(parse_authority(text.substr(0, path_at), url));
    text.remove_prefix(path_at);
    const std::size_t query_at = text.find('?');
    if (query_at != std::string_view::npos) url.query = text.substr(query_at + 1);
    if (const std::string_view path = text.substr(0, query_at); !path.empty()) url.path = path;
    TRY(check_path(url.path));
    TRY(check_path(url.query));
    return url;
}

std::string Url::origin() const {
    const bool address = host.find(':') != std::string::npos;
    return scheme + "://" + (address ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::text() const {
    std::string text = origin();
    if (port == port_of(scheme)) text.resize(text.rfind(':'));
    return text + path + (query.empty() ? "" : "?" + query);
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

Query& Query::add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '?' : '&';
    text_ += percent_encode(name) + "=" + percent_encode(value);
    return *this;
}

Query& Query::add(std::string_view name, std::uint64_t value) { return add(name, std::to_string(value)); }

}  // namespace slipway::net
