#pragma once

#include <functional>
#include <optional>
#include <string>

#include "coordinator/http/principal.h"
#include "platform/base/result.h"
#include "platform/base/time.h"

namespace slipway::http {

/// The certificate of the connection's TLS session, verified up to our CA when the session began. Whether it is still
/// in force is asked at each request, for a resumed session runs no verification.
struct PeerCertificate {
    std::string agent_id;  ///< of the SAN urn:slipway:agent:<id>; empty if it has none
    std::string serial;    ///< lower-case hex
    Time not_after;
};

struct Credentials {
    std::optional<std::string> bearer;           ///< the text after "Authorization: Bearer "
    std::optional<PeerCertificate> certificate;  ///< only on the agent port
    std::string peer_address;
};

/// Tells who asks. Called after routing, on the loop's thread, only for routes that are not open and only with the
/// credential that the route's kind of access goes by; `done` is called once, from any thread, at once if possible.
/// Errors: unauthenticated (unknown, expired, revoked), unavailable (the store).
class Authenticator {
public:
    virtual ~Authenticator() = default;
    virtual void authenticate(const Credentials& credentials, std::function<void(Result<Principal>)> done) = 0;
};

}  // namespace slipway::http
