#pragma once

#include <cstddef>
#include <string_view>

#include "platform/base/result.h"

namespace slipway::archive {

enum class Format { tar, tar_gz, tar_xz, tar_zst, zip };

std::string_view to_string(Format format);  ///< "tar.gz"

/// As many first bytes as detect_format() looks at; fewer only if the file has fewer.
inline constexpr std::size_t detect_bytes = 33 * 1024;

/// By content alone. What is none of the five is refused with its name (RAR, 7z, ISO, CAB, ...) and not looked into.
Result<Format> detect_format(std::string_view first_bytes);

/// Refuses a file whose name ends like another kind of archive than it holds; names without such an end pass.
Result<> check_extension(std::string_view file_name, Format format);

/// The sum of a tar header block of 512 bytes is right (signed or unsigned, as old writers did).
bool tar_checksum_matches(std::string_view block);

}  // namespace slipway::archive
