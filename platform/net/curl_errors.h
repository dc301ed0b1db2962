#pragma once

#include <string_view>

#include "platform/base/error.h"
#include "platform/net/url.h"

namespace slipway::net {

struct Failure {
    int code = 0;             ///< CURLcode
    std::string_view detail;  ///< CURLOPT_ERRORBUFFER
    int alert = 0;            ///< fatal TLS alert of the server, 0 if none came
    long proxy_status = 0;    ///< answer of a proxy to CONNECT, 0 if there was none
    bool pinned = false;      ///< the server's authority was given by digest
};

/// What a person can do about it. `target` for the words "to https://host:port".
Error to_error(const Failure& failure, const Url& target);

}  // namespace slipway::net
