#include "coordinator/http/response_head.h"

#include <charconv>

#include "coordinator/http/problem.h"

namespace slipway::http {
namespace {

void add(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string response_head(const Response& response, const HeadFacts& facts) {
    std::string out;
    out.reserve(512);
    out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    out.append(phrase_of(response.status)).append("\r\n");
    add(out, "Date", facts.date);
    if (facts.framing == HeadFacts::Framing::chunked)
        add(out, "Transfer-Encoding", "chunked");
    else if (response.status != 204 && response.status != 304)
        add(out, "Content-Length", std::to_string(facts.body_bytes));
    for (const auto& [name, value] : response.headers) add(out, name, value);
    add(out, "X-Request-Id", facts.request_id);
    if (!facts.keep_alive) add(out, "Connection", "close");
    add(out, "X-Content-Type-Options", "nosniff");
    if (!response.get("Cache-Control")) add(out, "Cache-Control", "no-store");
    if (facts.browser != HeadFacts::Browser::no) {
        if (!response.get("Content-Security-Policy"))
            add(out, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        add(out, "Cross-Origin-Opener-Policy", "same-origin");
        add(out, "Cross-Origin-Resource-Policy", "same-origin");
        add(out, "Referrer-Policy", "no-referrer");
        if (facts.browser == HeadFacts::Browser::yes_secure) add(out, "Strict-Transport-Security", "max-age=31536000");
    }
    return out += "\r\n";
}

std::string chunk(std::string_view bytes) {
    char size[20];
    const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
    std::string out;
    out.reserve(bytes.size() + 24);
    out.append(size, end).append("\r\n").append(bytes).append("\r\n");
    return out;
}

}  // namespace slipway::http
