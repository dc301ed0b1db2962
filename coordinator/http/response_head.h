#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "coordinator/http/response.h"

namespace slipway::http {

/// What the server knows about an answer beside the answer itself.
struct HeadFacts {
    enum class Framing { length, chunked, none };
    enum class Browser { no, yes, yes_secure };  ///< the user port gets the headers that browsers heed

    Framing framing = Framing::length;
    Browser browser = Browser::no;
    bool keep_alive = true;
    std::uint64_t body_bytes = 0;
    std::string_view date;  ///< as in the Date header
    std::string_view request_id;
};

/// Status line and header block (RFC 9112), with what every answer gets: Date, Content-Length, X-Request-Id, the
/// security headers; and Cache-Control: no-store where the answer sets nothing else.
std::string response_head(const Response& response, const HeadFacts& facts);

std::string chunk(std::string_view bytes);            ///< of a chunked body; not for empty ones
constexpr std::string_view last_chunk = "0\r\n\r\n";  ///< its end

}  // namespace slipway::http
