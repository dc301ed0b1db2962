#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "platform/base/result.h"

/// Which bytes may be the header of a request at all: the grammar of RFC 9112 without the leniencies that it permits
/// (obsolete folding, bare line feeds, white space before the colon) and without what two readers could understand
/// differently. It is checked on the raw bytes before any parser sees them. Every refusal ends the connection.
namespace slipway::http {

/// The size of the header block with its empty line, or nothing when more bytes are needed. `seen` bytes were looked at
/// in an earlier call. Errors: invalid (a bare line feed), limit (reasons uri_too_long, header_too_large).
Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t seen);

/// A whole block as find_head_end() measured it.
Result<> check_head(std::string_view block);

}  // namespace slipway::http
