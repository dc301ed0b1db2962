#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/result.h"

/// How this folder says no. Every error of an archive's content has the reason "archive_refused" and a message
/// `"<entry>": <what>` or `"<entry>": <what> (limit N)`, the entry escaped; Code::invalid is a broken rule, Code::limit
/// an exceeded limit, Code::corrupt bytes that no archive can hold.
namespace slipway::archive {

/// For what concerns no single entry.
inline constexpr std::string_view whole_archive = "the archive";

tl::unexpected<Error> refuse(std::string_view entry, std::string_view what);
tl::unexpected<Error> refuse_limit(std::string_view entry, std::string_view what, std::uint64_t limit);
tl::unexpected<Error> refuse_corrupt(std::string_view entry, std::string_view what);

}  // namespace slipway::archive
