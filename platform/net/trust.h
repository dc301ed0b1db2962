#pragma once

#include <optional>
#include <string>
#include <variant>

#include "platform/base/bytes.h"

namespace slipway::net {

/// Whom a client believes. Always the chain and the host name, before a byte of HTTP is sent.
struct TrustSystem {};  ///< the machine's list of authorities (/etc/ssl/certs)
struct TrustRoots {
    std::string pem;  ///< one or more authorities, nothing else
};
struct TrustDigest {
    Digest sha256;  ///< of the authority's DER (a join token); the server must send that certificate in its chain
};
using Trust = std::variant<TrustSystem, TrustRoots, TrustDigest>;

enum class Dates {
    checked,  ///< by the client's Clock
    ignored,  ///< an agent's clock is no judge
};

/// What a client shows when it is asked: PEM, the leaf first; the key as unencrypted PKCS#8.
struct ClientIdentity {
    std::string certificate_pem;
    std::string key_pem;
};

struct TlsOptions {
    Trust trust = TrustSystem{};
    Dates dates = Dates::checked;
    std::optional<ClientIdentity> identity;
};

}  // namespace slipway::net
