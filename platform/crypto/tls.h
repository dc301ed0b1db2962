#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/crypto/certificate.h"
#include "platform/crypto/key.h"

// The only place where types of OpenSSL show through: coordinator/http puts an SSL on each socket.
struct ssl_ctx_st;
struct ssl_st;

namespace slipway::crypto {

inline constexpr Duration tls_expired_leaf_tolerance = 400 * 24h;

/// What a server shows: its certificate first, then up to and including the root (an enrolling agent needs to see it).
struct TlsIdentity {
    std::vector<Certificate> chain;
    PrivateKey key;
};

/// A configured SSL_CTX: no renegotiation, no compression, no tickets; a server cache of limits::tls_sessions_max
/// sessions for 10 minutes; RELEASE_BUFFERS, PARTIAL_WRITE and MOVING_WRITE_BUFFER. Belongs to the network loop's
/// thread.
class TlsServer {
public:
    /// The agent port: TLS 1.3; a client certificate is asked for, not demanded. One that is shown must chain to one of
    /// `client_roots` and be a client's; a leaf that expired at most tls_expired_leaf_tolerance ago passes all the same
    /// (SSL_get_verify_result then says X509_V_ERR_CERT_HAS_EXPIRED), every other fault ends the handshake with an
    /// alert. Dates are judged by `clock`, which must outlive this and all its sessions. A resumed session is not
    /// judged again: look at tls_peer() for each request.
    static Result<TlsServer> for_agents(const TlsIdentity& identity, const std::vector<Certificate>& client_roots,
                                        Clock& clock);
    /// The port of people and programs: TLS 1.2 and 1.3 with forward secrecy, no client certificates.
    static Result<TlsServer> for_users(const TlsIdentity& identity);

    /// From the next connection on. The old identity stays if this fails.
    Result<> replace_identity(const TlsIdentity& identity);

    ssl_ctx_st* context() const;

private:
    struct State;
    explicit TlsServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

/// The certificate that the peer of this session showed, also after resumption; nothing if it showed none.
Result<std::optional<Certificate>> tls_peer(const ssl_st* session);

/// Use this and not SSL_free at a connection's end: OpenSSL forgets the session of a line that broke off without a
/// farewell, and an agent that comes back would have to do the whole handshake again. Takes null.
void tls_free(ssl_st* session);

}  // namespace slipway::crypto
