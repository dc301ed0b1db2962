#pragma once

#include <string>
#include <vector>

#include "coordinator/cli/screen.h"
#include "coordinator/cli/transport.h"
#include "platform/base/ids.h"
#include "platform/json/fwd.h"
#include "platform/net/backoff.h"

namespace slipway::cli {

/// Whom the command talks to.
struct Endpoint {
    std::string url;    ///< "https://host:8440", nothing behind it
    std::string token;  ///< may be empty: only `login` does without
    net::Trust trust;
};

enum class Repeat {
    never,
    safe,  ///< after a lost answer the same request may be sent again: it reads, or has a key, or says what shall be
};

struct Call {
    net::Method method = net::Method::get;
    std::string path;  ///< with its query
    std::string body = {};
    std::vector<net::Header> headers = {};
    Repeat repeat = Repeat::never;
    Duration silence = 60s;
};

struct Answer {
    int status = 0;
    std::string text;  ///< JSON as it came; empty for 204
    net::Headers headers;
};

/// Speaks coordinator/api/openapi.yaml. Answers of 400 and above are errors (problem.h).
class Api {
public:
    Api(Transport& transport, Clock& clock, Random& random, const Screen& screen, Endpoint endpoint);

    /// Repeats a safe call twice, with back-off, when its answer was lost or the coordinator asks for patience.
    Result<Answer> call(const Call& call);
    /// The same with the answer's JSON read.
    Result<json::Value> read(const Call& call);
    Result<json::Value> get(const std::string& path);

    /// A request with everything that each one needs; for streams, which the caller sends by itself.
    net::Request request(net::Method method, const std::string& path) const;
    Transport& transport() { return transport_; }
    Random& random() { return random_; }
    Clock& clock() { return clock_; }
    const Endpoint& endpoint() const { return endpoint_; }

private:
    void trace(const Call& call, const Result<net::Response>& response, Steady begun) const;

    Transport& transport_;
    Clock& clock_;
    Random& random_;
    const Screen& screen_;
    Endpoint endpoint_;
};

std::string_view to_string(net::Method method);

}  // namespace slipway::cli
