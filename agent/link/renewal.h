#pragma once

#include <string>

#include "agent/link/identity.h"
#include "platform/net/message.h"

namespace slipway::link {

/// What POST renew sends: a request for a new key, which never leaves this host.
struct RenewalWish {
    std::string key;  ///< PEM
    std::string body;
};
Result<RenewalWish> make_renewal();

/// The credentials that an answer to it brings; corrupt if they are not for that key.
Result<Credentials> read_renewal(const Result<net::Response>& response, const std::string& key);

}  // namespace slipway::link
