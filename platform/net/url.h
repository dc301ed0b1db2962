#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::net {

/// http and https URLs as we use them (RFC 3986 without user names, fragments, and registered names beyond ASCII).
struct Url {
    std::string scheme;  ///< "https" or "http"
    std::string host;    ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 0;
    std::string path = "/";  ///< begins with '/', percent-encoded as it was written
    std::string query;       ///< without '?'

    /// Code::invalid, with what is wrong. The message never repeats a user name or password.
    static Result<Url> parse(std::string_view text);

    std::string text() const;    ///< the port only if it is not the scheme's own
    std::string origin() const;  ///< scheme, host and port
    bool operator==(const Url&) const = default;
};

/// For one segment of a path, or one name or value of a query: all but letters, digits and -._~ becomes %XX.
std::string percent_encode(std::string_view text);

/// "?a=1&b=x%20y" made step by step; empty until something is added.
class Query {
public:
    Query& add(std::string_view name, std::string_view value);
    Query& add(std::string_view name, std::uint64_t value);
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

}  // namespace slipway::net
