#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/http/principal.h"
#include "platform/base/result.h"
#include "platform/base/time.h"

namespace slipway::http {

enum class Method { get, head, post, put, patch, delete_, other };
std::string_view to_string(Method method);

/// Header fields in the order in which they came; names in lower case. Fields that have one value come at most once:
/// the server refused the request otherwise.
class Headers {
public:
    void add(std::string_view name, std::string_view value);
    std::optional<std::string_view> get(std::string_view lower_case_name) const;  ///< the first of that name
    std::size_t count(std::string_view lower_case_name) const;

private:
    struct Span {
        std::uint32_t name_bytes;
        std::uint32_t value_bytes;
        std::uint32_t offset;
    };
    std::string text_;
    std::vector<Span> fields_;
};

/// What stands after '?', decoded. A name that comes twice, bad escapes and more than 32 parameters were refused.
class Query {
public:
    static Result<Query> parse(std::string_view text);

    std::optional<std::string_view> get(std::string_view name) const;
    /// A parameter that the route does not know is Code::invalid, naming it and the ones there are.
    Result<> only(const std::vector<std::string_view>& known) const;
    /// Digits alone, at most `largest`; Code::invalid says what was expected.
    Result<std::optional<std::uint64_t>> number(std::string_view name, std::uint64_t largest) const;

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

/// A request as a handler gets it: routed, authenticated and allowed, the body within the route's limit. It is the
/// handler's own: what it does not keep is freed when it returns, also while the answer is still to come.
struct Request {
    Method method = Method::other;
    std::string path;                                               ///< decoded, normalised
    std::vector<std::pair<std::string_view, std::string>> pattern;  ///< names and values of {name} in the route
    Query query;
    Headers headers;
    std::string body;  ///< whole, for plain, parked and event routes; empty for uploads
    std::optional<std::uint64_t> content_length;
    Principal principal;
    Port port = Port::user;
    std::string peer_address;      ///< the address alone; proxies' headers never change it
    std::uint64_t connection = 0;  ///< same number, same connection
    Steady connection_began;       ///< when its TLS handshake had ended
    std::string id;                ///< as in X-Request-Id of the answer

    /// The value of {name} in the route's pattern; asking for one that is not there is a defect.
    const std::string& parameter(std::string_view name) const;
    /// 415 unless Content-Type is this, parameters aside.
    Result<> content_type_is(std::string_view type) const;
    /// Idempotency-Key (1 to 128 visible characters), if given.
    Result<std::optional<std::string>> idempotency_key() const;
    /// Upload-Offset, demanded.
    Result<std::uint64_t> upload_offset() const;
};

}  // namespace slipway::http
