#include <cerrno>
#include <cstring>
#include <limits>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "coordinator/http/stream.h"

namespace slipway::http {
namespace {

struct FreeSsl {
    void operator()(SSL* ssl) const { crypto::tls_free(ssl); }
};

int clamped(std::size_t bytes) {
    return static_cast<int>(std::min(bytes, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

/// OpenSSL on the socket's descriptor: no pair of memory buffers between them. With RELEASE_BUFFERS an idle session
/// holds no record buffers at all.
class TlsStream final : public Stream {
public:
    explicit TlsStream(SSL* ssl) : ssl_(ssl) {}

    Step handshake() override {
        ERR_clear_error();
        const int result = SSL_accept(ssl_.get());
        return result == 1 ? Step{} : judge(result);
    }

    Step read(std::span<char> into) override {
        ERR_clear_error();
        return judge(SSL_read(ssl_.get(), into.data(), clamped(into.size())));
    }

    Step write(std::string_view bytes) override {
        if (bytes.empty()) return {};
        ERR_clear_error();
        return judge(SSL_write(ssl_.get(), bytes.data(), clamped(bytes.size())));
    }

    Step peek() override {
        char one = 0;
        ERR_clear_error();
        return judge(SSL_peek(ssl_.get(), &one, 1));
    }

    void close() override {
        if (broken_) return;
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
    }

    std::optional<PeerCertificate> certificate() const override {
        const auto peer = crypto::tls_peer(ssl_.get());
        if (!peer || !*peer) return std::nullopt;
        return PeerCertificate{(*peer)->agent_id().value_or(""), (*peer)->serial(), (*peer)->not_after()};
    }

    std::string failure() const override { return failure_; }

private:
    Step judge(int result) {
        if (result > 0) return {Step::Kind::done, static_cast<std::size_t>(result)};
        const int system_error = errno;
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ: return {Step::Kind::want_read, 0};
            case SSL_ERROR_WANT_WRITE: return {Step::Kind::want_write, 0};
            case SSL_ERROR_ZERO_RETURN: return {Step::Kind::closed, 0};
            case SSL_ERROR_SYSCALL:
                broken_ = true;
                failure_ = std::strerror(system_error);
                return {system_error == 0 || system_error == ECONNRESET || system_error == EPIPE ? Step::Kind::closed
                                                                                                 : Step::Kind::failed,
                        0};
            default: break;
        }
        broken_ = true;
        const unsigned long error = ERR_peek_last_error();
        // A peer that closes without a goodbye: what it sent before was whole or will be found wanting.
        if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return {Step::Kind::closed, 0};
        const char* reason = ERR_reason_error_string(error);
        failure_ = reason == nullptr ? "TLS failed" : reason;
        ERR_clear_error();
        return {Step::Kind::failed, 0};
    }

    std::unique_ptr<SSL, FreeSsl> ssl_;
    bool broken_ = false;
    std::string failure_;
};

class TlsFactory final : public StreamFactory {
public:
    explicit TlsFactory(crypto::TlsServer server) : server_(std::move(server)) {}

    Result<std::unique_ptr<Stream>> make(os::Native descriptor) override {
        std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(server_.context()));
        if (!ssl || SSL_set_fd(ssl.get(), static_cast<int>(descriptor)) != 1)
            return fail(Code::unavailable, "no memory for a TLS session");
        SSL_set_accept_state(ssl.get());
        return std::make_unique<TlsStream>(ssl.release());
    }

    bool is_secure() const override { return true; }

private:
    crypto::TlsServer server_;
};

}  // namespace

std::shared_ptr<StreamFactory> make_tls_streams(crypto::TlsServer server) {
    return std::make_shared<TlsFactory>(std::move(server));
}

}  // namespace slipway::http
