#pragma once

#include <tl/expected.hpp>

#include "platform/base/error.h"

namespace slipway {

template <typename T = void>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Code code, std::string message, std::string reason = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(reason)});
}

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace slipway

#define SLIPWAY_CONCAT_(a, b) a##b
#define SLIPWAY_CONCAT(a, b) SLIPWAY_CONCAT_(a, b)

/// Leaves the function with the error of `expression`, a Result of any type.
#define TRY(expression) TRY_(SLIPWAY_CONCAT(try_result_, __COUNTER__), expression)
#define TRY_(result, expression)                               \
    do {                                                       \
        if (auto result = (expression); !result) [[unlikely]]  \
            return ::slipway::fail(std::move(result).error()); \
    } while (false)

/// Like TRY, with something said about what was being done.
#define TRY_WITHIN(context, expression) TRY_WITHIN_(SLIPWAY_CONCAT(try_result_, __COUNTER__), context, expression)
#define TRY_WITHIN_(result, context, expression)                               \
    do {                                                                       \
        if (auto result = (expression); !result) [[unlikely]]                  \
            return ::slipway::fail(std::move(result).error().within(context)); \
    } while (false)

/// TRY_ASSIGN(auto bytes, files.read(path)); declares or assigns, or leaves the function with the error. Two
/// statements: never the only body of an `if`.
#define TRY_ASSIGN(target, expression) TRY_ASSIGN_(SLIPWAY_CONCAT(try_result_, __COUNTER__), target, expression)
#define TRY_ASSIGN_(result, target, expression)            \
    auto result = (expression);                            \
    if (!(result)) [[unlikely]]                            \
        return ::slipway::fail(std::move(result).error()); \
    target = std::move(*(result))
