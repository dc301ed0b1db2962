#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "coordinator/http/authenticator.h"
#include "platform/base/result.h"
#include "platform/crypto/tls.h"
#include "platform/os/native.h"

namespace slipway::http {

/// One step on a non-blocking descriptor.
struct Step {
    enum class Kind {
        done,       ///< `bytes` were moved
        want_read,  ///< try again when the descriptor is readable
        want_write,
        closed,  ///< the peer ended its side
        failed,  ///< `Stream::failure()` says why
    };
    Kind kind = Kind::done;
    std::size_t bytes = 0;
};

/// Bytes on a connected socket, with or without TLS. Owns no descriptor and no buffer that outlives its need. This is
/// all that the server knows of TLS: another library goes behind it.
class Stream {
public:
    virtual ~Stream() = default;
    virtual Step handshake() = 0;
    virtual Step read(std::span<char> into) = 0;
    virtual Step write(std::string_view bytes) = 0;
    /// Says goodbye, as far as that is possible without waiting.
    virtual void close() = 0;
    /// Whether the peer is there while nothing is read: `want_read` if it is and said nothing, `done` if bytes wait.
    virtual Step peek() = 0;
    /// Of the session; the verification of a resumed one lies in the past.
    virtual std::optional<PeerCertificate> certificate() const { return std::nullopt; }
    virtual std::string failure() const { return {}; }
};

class StreamFactory {
public:
    virtual ~StreamFactory() = default;
    virtual Result<std::unique_ptr<Stream>> make(os::Native descriptor) = 0;
    virtual bool is_secure() const = 0;
};

std::shared_ptr<StreamFactory> make_plain_streams();
std::shared_ptr<StreamFactory> make_tls_streams(crypto::TlsServer server);

}  // namespace slipway::http
