#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/base/result.h"
#include "platform/base/time.h"

namespace slipway::crypto {

/// What an X.509 certificate says. Reading one trusts nothing: who signed it and whether it is valid now is judged
/// by TLS (tls.h) or by the caller.
class Certificate {
public:
    static Result<Certificate> from_der(std::string_view der);
    static Result<Certificate> from_pem(std::string_view pem);  ///< exactly one
    /// One or more, in the order of the text (leaf first by convention).
    static Result<std::vector<Certificate>> chain_from_pem(std::string_view pem);

    const std::string& der() const { return der_; }
    std::string pem() const;
    Digest digest() const;  ///< SHA-256 of the DER: what a join token pins

    const std::string& serial() const { return serial_; }  ///< lower-case hex, at least 32 digits
    Time not_before() const { return not_before_; }
    Time not_after() const { return not_after_; }
    const std::string& subject() const { return subject_; }  ///< RFC 2253 text, for people
    const std::string& issuer() const { return issuer_; }
    const std::vector<std::string>& uris() const { return uris_; }  ///< subject alternative names
    const std::vector<std::string>& dns_names() const { return dns_names_; }
    const std::vector<std::string>& ip_addresses() const { return ip_addresses_; }  ///< as text, IPv6 per RFC 5952
    const Digest& public_key_digest() const { return public_key_digest_; }          ///< SHA-256 of its SPKI
    bool is_ca() const { return is_ca_; }

    /// The id in `urn:slipway:agent:<id>`, if the certificate's only URI is one of that form.
    std::optional<std::string> agent_id() const;

    bool operator==(const Certificate& other) const { return der_ == other.der_; }

private:
    Certificate() = default;
    std::string der_, serial_, subject_, issuer_;
    Time not_before_, not_after_;
    std::vector<std::string> uris_, dns_names_, ip_addresses_;
    Digest public_key_digest_;
    bool is_ca_ = false;
};

std::string to_pem(const std::vector<Certificate>& chain);

}  // namespace slipway::crypto
