#pragma once

#include <string>
#include <vector>

#include "platform/base/ids.h"
#include "platform/base/time.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/tls.h"
#include "platform/os/files.h"

namespace slipway::api {

/// The coordinator's keys and certificates, in `pki/` of the state directory: ca.pem, ca.key, server.pem, server.key.
/// Keys are PKCS#8 in PEM, 0600.
struct Pki {
    crypto::CertificateAuthority authority;
    crypto::TlsIdentity server;  ///< its chain ends with the authority
};

/// Makes what is missing: the authority once and for all, the server's certificate as open_server() does. A certificate
/// without its key is Code::corrupt: nothing is replaced then.
Result<Pki> open_pki(os::Directory& state, const std::vector<std::string>& names, Clock& clock, Random& random);

/// The server's certificate, made anew when there is none, when `names` are not those it was made for, or when two
/// thirds of its year are over. From any thread, one at a time.
Result<crypto::TlsIdentity> open_server(os::Directory& state, const crypto::CertificateAuthority& authority,
                                        const std::vector<std::string>& names, Clock& clock, Random& random);

}  // namespace slipway::api
