#include "coordinator/http/conditional.h"

namespace slipway::http {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Our own tags hold no comma, so a comma always separates.
template <typename Matches>
bool any_of_list(std::string_view list, const Matches& matches) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (matches(trimmed(list.substr(0, comma)))) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

std::string_view without_weak(std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
}

}  // namespace

std::string make_etag(std::string_view opaque) {
    std::string tag = "\"";
    for (const char c : opaque)
        if (c > ' ' && c < 0x7F && c != '"' && c != ',') tag += c;
    return tag += '"';
}

Result<> check_if_match(const Request& request, std::string_view etag) {
    const auto header = request.headers.get("if-match");
    if (!header || trimmed(*header) == "*") return {};
    if (any_of_list(*header, [&](std::string_view tag) { return tag == etag && !tag.starts_with("W/"); })) return {};
    return fail(Code::conflict,
                "it was changed since you read it: If-Match does not name the present version " + std::string(etag) +
                    "; read it again and repeat the change",
                "precondition_failed");
}

bool is_not_modified(const Request& request, std::string_view etag) {
    const auto header = request.headers.get("if-none-match");
    if (!header || etag.empty()) return false;
    if (trimmed(*header) == "*") return true;
    return any_of_list(*header, [&](std::string_view tag) { return without_weak(tag) == without_weak(etag); });
}

bool range_applies(const Request& request, std::string_view etag) {
    const auto header = request.headers.get("if-range");
    return !header || (!etag.empty() && trimmed(*header) == etag && !etag.starts_with("W/"));
}

}  // namespace slipway::http
