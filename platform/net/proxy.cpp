#include "platform/net/proxy.h"

#include <algorithm>

#include "platform/base/bytes.h"

namespace slipway::net {
namespace {

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool is_address(std::string_view host) {
    return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool fits(std::string_view host, std::string entry) {
    if (entry == "*") return true;
    if (entry.size() > 2 && entry.front() == '[' && entry.back() == ']') entry = entry.substr(1, entry.size() - 2);
    if (is_address(host)) return host == entry;
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry.empty()) return false;
    return host == entry || host.ends_with("." + entry);
}

bool is_excepted(std::string_view host, std::string_view list) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        if (fits(host, lower(trim(list.substr(0, end))))) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

Result<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const auto byte = from_hex(lower(text.substr(i + 1, 2)));
        if (!byte || byte->size() != 1)
            return fail(Code::invalid, "the proxy's user name or password holds a % without two hex digits");
        out += *byte;
        i += 2;
    }
    return out;
}

}  // namespace

Result<std::optional<Proxy>> proxy_for(const Url& url, const ProxySettings& settings) {
    std::string_view text = trim(url.scheme == "https" ? settings.https_proxy : settings.http_proxy);
    if (text.empty() || is_excepted(url.host, settings.no_proxy)) return std::nullopt;
    if (const std::size_t scheme_end = text.find("://"); scheme_end != std::string_view::npos) {
        if (lower(text.substr(0, scheme_end)) != "http")
            return fail(Code::unsupported, "the proxy is not an http:// proxy; other kinds are not supported");
        text.remove_prefix(scheme_end + 3);
    }
    Proxy proxy;
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
        const std::string_view credentials = text.substr(0, at);
        const std::size_t colon = std::min(credentials.find(':'), credentials.size());
        TRY_ASSIGN(proxy.user, percent_decode(credentials.substr(0, colon)));
        TRY_ASSIGN(proxy.password, percent_decode(credentials.substr(std::min(colon + 1, credentials.size()))));
        text.remove_prefix(at + 1);
    }
    const auto address = Url::parse("http://" + std::string(text));
    if (!address || address->path != "/" || !address->query.empty())
        return fail(Code::invalid, "the proxy setting is not of the form http://[user:password@]host:port");
    proxy.host = address->host;
    proxy.port = address->port;
    return proxy;
}

}  // namespace slipway::net
