#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/archive/limits.h"
#include "platform/base/result.h"

/// Which names an archive may hold: the same on every platform, decided by these tables and never by the operating
/// system, so that an archive that unpacks on one host unpacks to the same tree on all of them.
///
/// Refused: absolute, drive and UNC names, "..", ".", empty components, control and invisible characters, invalid
/// UTF-8, \ : * ? " < > |, a dot or space at a component's end, device names of Windows (CON, NUL.txt, COM1, CONIN$),
/// short names (PROGRA~1), and names that are not in Unicode's normal form C: with those gone, two spellings of one
/// name differ in case alone, which collision_key() sees. One "./" before a name is tar's way to say "here": it is
/// taken away.
namespace slipway::archive {

/// The components of an entry's name, in order; none for the entry "./" itself. One '/' at the end is allowed.
Result<std::vector<std::string_view>> entry_components(std::string_view name, const UnpackLimits& limits);

/// The components of a symbolic link's target; ".." and "." are allowed here and stay in the list.
/// `entry` is named in errors.
Result<std::vector<std::string_view>> link_components(std::string_view entry, std::string_view target,
                                                      const UnpackLimits& limits);

/// Equal for two components that some file system takes for one name.
std::string collision_key(std::string_view component);

}  // namespace slipway::archive
