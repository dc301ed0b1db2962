#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/base/ids.h"
#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/crypto/certificate.h"
#include "platform/crypto/key.h"

namespace slipway::crypto {

inline constexpr Duration agent_certificate_lifetime = 30 * 24h;
inline constexpr Duration server_certificate_lifetime = 365 * 24h;
inline constexpr Duration authority_lifetime = 3652 * 24h;  ///< ten years
inline constexpr Duration certificate_backdating = 5min;    ///< for clocks that are a little behind

struct AgentCertificateWish {
    PublicKey key;
    std::string agent_id;  ///< UUID
    Time now;
    Duration lifetime = agent_certificate_lifetime;
};

struct ServerCertificateWish {
    PublicKey key;
    std::vector<std::string> names;  ///< host names and IP addresses as text; not empty
    Time now;
    Duration lifetime = server_certificate_lifetime;
};

/// The coordinator's own authority: one self-signed P-256 certificate that issues everything directly
/// (CA:TRUE, pathlen 0). Serials are 128 random bits. May be used from any thread.
class CertificateAuthority {
public:
    /// A new key and certificate, ten years.
    static Result<CertificateAuthority> create(std::string_view common_name, Time now, Random& random);
    /// Refuses a key that does not fit the certificate and a certificate that may not sign others.
    static Result<CertificateAuthority> load(std::string_view certificate_pem, std::string_view key_pem);

    const Certificate& certificate() const { return certificate_; }
    const PrivateKey& key() const { return key_; }

    /// Client certificate: URI urn:slipway:agent:<id>, clientAuth, digitalSignature, CA:FALSE.
    Result<Certificate> issue_agent(const AgentCertificateWish& wish, Random& random) const;
    /// Server certificate: DNS names and IP addresses, serverAuth, digitalSignature, CA:FALSE.
    Result<Certificate> issue_server(const ServerCertificateWish& wish, Random& random) const;

private:
    CertificateAuthority(Certificate certificate, PrivateKey key)
        : certificate_(std::move(certificate)), key_(std::move(key)) {}
    Certificate certificate_;
    PrivateKey key_;
};

}  // namespace slipway::crypto
