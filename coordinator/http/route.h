#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "coordinator/http/principal.h"
#include "coordinator/http/reply.h"
#include "coordinator/http/request.h"

namespace slipway::http {

/// Handlers run on the loop's thread, may not block it, and answer when they can.
struct Plain {
    std::function<void(Request, Reply)> call;
};
/// A long poll: the answer may take a minute. Meanwhile a beat (one newline) leaves every ten seconds; the first takes
/// status 200 and the headers with it.
struct Parked {
    std::function<void(Request, Reply)> call;
};
/// The body comes in pieces. If the handler answers before their end, the connection is closed after the answer.
struct Streamed {
    std::function<void(Request, Upload, Reply)> call;
};
/// Server-sent events.
struct Events {
    std::function<void(Request, EventReply)> call;
};
using Handler = std::variant<Plain, Parked, Streamed, Events>;

/// Which objects a handler may touch. With `own` it must look each up by the calling agent and answer 404 for
/// another's.
enum class Scope { none, all, own };

/// Names of the query parameters that a route knows; a request with any other is refused.
using QueryNames = std::vector<std::string_view>;

/// A member of Route that cannot be left out.
template <typename T>
struct Required {
    template <typename Given>
    requires std::convertible_to<Given, T> Required(Given&& given)
        : value(static_cast<T>(std::forward<Given>(given))) {}  // NOLINT(google-explicit-constructor)
    operator const T&() const { return value; }                 // NOLINT(google-explicit-constructor)
    T value;
};

/// All there is to say about a route; leaving a line out does not compile.
///
/// Pattern: "/api/v1/jobs/{id:uuid}/log". {name:kind} matches one segment of that kind and nothing else; kinds: uuid,
/// name, version, digest, number (ids.h). Literal text is lower case. HEAD is answered by GET's handler.
struct Route {
    Required<Method> method;
    Required<std::string_view> pattern;
    Required<Port> port;
    Required<Access> access;
    Required<Scope> scope;
    Required<QueryNames> query;
    Required<std::uint64_t> body_bytes_max;  ///< 0: no body
    Required<Handler> handler;
};

}  // namespace slipway::http
