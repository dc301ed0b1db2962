#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace slipway {

/// As many codes as callers have reactions. Numbers are not kept anywhere: the names are the contract.
enum class Code {
    invalid,          ///< the input is wrong; sending it again changes nothing
    unauthenticated,  ///< no usable credential
    forbidden,        ///< a credential, but not for this
    not_found,
    conflict,     ///< the present state does not allow it
    limit,        ///< larger, longer or more than a limit of limits.h
    unavailable,  ///< try again later
    timed_out,
    disk_full,
    corrupt,      ///< bytes that should be ours are not what we wrote
    unsupported,  ///< this machine or build cannot do it
    canceled,
    io,        ///< the operating system refused
    internal,  ///< a defect of this program
};

std::string_view to_string(Code code);

/// What went wrong, for a person (`message`: what, where, which limit, what to do) and for a program
/// (`reason`: a snake_case word of a closed list such as "token_used"; may be empty).
struct Error {
    Code code = Code::internal;
    std::string message;
    std::string reason = {};

    /// Adds what was being done, on the way up: "reading journal: " + message.
    Error within(std::string_view context) &&;
};

}  // namespace slipway
