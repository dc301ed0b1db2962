#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load/connection.h"

namespace slipway::bench {
namespace {

struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeX509 {
    void operator()(X509* x509) const { X509_free(x509); }
};
struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};

std::string openssl_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason == nullptr ? "TLS failed" : reason;
}

Result<> use_identity(SSL* ssl, const Identity& identity) {
    const std::unique_ptr<BIO, FreeBio> certificate_text(
        BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size())));
    const std::unique_ptr<BIO, FreeBio> key_text(
        BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size())));
    const std::unique_ptr<X509, FreeX509> x509(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, FreeKey> key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    if (!x509 || !key || SSL_use_certificate(ssl, x509.get()) != 1 || SSL_use_PrivateKey(ssl, key.get()) != 1)
        return fail(Code::invalid, "the identity of " + identity.name + ": " + openssl_reason());
    return {};
}

class TlsConnection final : public Connection {
public:
    TlsConnection(os::EventLoop& loop, std::function<void(Result<>)> opened)
        : loop_(loop), opened_(std::move(opened)) {}
    ~TlsConnection() override {
        *alive_ = false;
        close();
    }

    void begin(const Peer& peer, const Identity* identity) {
        auto begun = open_socket(peer, identity);
        // Told in a later turn: the caller does not hold this yet.
        if (!begun)
            loop_.post([this, alive = alive_, error = begun.error()] {
                if (*alive) break_off(error);
            });
    }

    void ask(std::string_view request, std::function<void(Result<Answer>)> got) override {
        got_ = std::move(got);
        out_ = request;
        if (!open_) {
            loop_.post([this, alive = alive_] {
                if (*alive) break_off({Code::unavailable, "the line is closed"});
            });
            return;
        }
        send();
    }

    bool is_open() const override { return open_; }

private:
    Result<> open_socket(const Peer& peer, const Identity* identity) {
        descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor_ < 0) return fail(Code::io, std::string("socket: ") + std::strerror(errno));
        const int on = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(descriptor_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        sockaddr_in from{};
        from.sin_family = AF_INET;
        from.sin_addr.s_addr = htonl(0x7f000002u + peer.number % peer.addresses);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(peer.port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
            (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS))
            return fail(Code::unavailable, std::string("connect: ") + std::strerror(errno));
        ssl_.reset(SSL_new(peer.tls->context()));
        SSL_set_fd(ssl_.get(), descriptor_);
        SSL_set_connect_state(ssl_.get());
        if (identity != nullptr) TRY(use_identity(ssl_.get(), *identity));
        TRY_ASSIGN(watch_, loop_.watch(descriptor_, {.write = true}, [this](os::Ready) { act(); }));
        return {};
    }

    void act() {
        if (!open_) return shake_hands();
        if (!out_.empty() && !send()) return;
        receive();
    }

    void shake_hands() {
        ERR_clear_error();
        const int result = SSL_connect(ssl_.get());
        if (result == 1) {
            open_ = true;
            want({.read = true});
            return std::exchange(opened_, nullptr)({});
        }
        wait_for(result);
    }

    /// False when the line is gone or this is.
    bool send() {
        while (!out_.empty()) {
            ERR_clear_error();
            const int wrote = SSL_write(ssl_.get(), out_.data(), static_cast<int>(out_.size()));
            if (wrote <= 0) return wait_for(wrote);
            out_.erase(0, static_cast<std::size_t>(wrote));
        }
        want({.read = true});
        return true;
    }

    void receive() {
        const std::shared_ptr<bool> alive = alive_;
        thread_local std::vector<char> buffer(64 * 1024);
        for (;;) {
            ERR_clear_error();
            const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
            if (got <= 0) {
                wait_for(got);
                return;
            }
            auto answer = reader_.take({buffer.data(), static_cast<std::size_t>(got)});
            if (!answer) return break_off(answer.error());
            if (!*answer) continue;
            if ((*answer)->closes) close();
            if (auto function = std::exchange(got_, nullptr)) function(**std::move(answer));
            if (!*alive || !open_) return;
        }
    }

    bool wait_for(int result) {
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ: want({.read = true}); return true;
            case SSL_ERROR_WANT_WRITE: want({.read = open_, .write = true}); return true;
            case SSL_ERROR_ZERO_RETURN: break_off({Code::unavailable, "the coordinator closed the line"}); return false;
            case SSL_ERROR_SYSCALL:
                break_off({Code::unavailable, std::string("the line broke: ") + std::strerror(errno)});
                return false;
            default: break_off({Code::unavailable, openssl_reason()}); return false;
        }
    }

    void want(os::Interest interest) {
        if (interest.read == wanted_.read && interest.write == wanted_.write) return;
        wanted_ = interest;
        if (watch_) static_cast<void>(watch_->change(interest));
    }

    void break_off(Error error) {
        close();
        if (auto function = std::exchange(opened_, nullptr)) return function(fail(std::move(error)));
        if (auto function = std::exchange(got_, nullptr)) function(fail(std::move(error)));
    }

    void close() {
        open_ = false;
        watch_.reset();
        ssl_.reset();
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

    os::EventLoop& loop_;
    std::function<void(Result<>)> opened_;
    std::function<void(Result<Answer>)> got_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    int descriptor_ = -1;
    std::unique_ptr<SSL, FreeSsl> ssl_;
    std::unique_ptr<os::Watch> watch_;
    os::Interest wanted_{.write = true};
    bool open_ = false;
    std::string out_;
    AnswerReader reader_;
};

}  // namespace

Result<std::shared_ptr<Tls>> Tls::open(const std::string& ca_file) {
    std::shared_ptr<ssl_ctx_st> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1)
        return fail(Code::internal, "no TLS: " + openssl_reason());
    if (SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1)
        return fail(Code::invalid, "reading " + ca_file + ": " + openssl_reason());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return std::shared_ptr<Tls>(new Tls(std::move(context)));
}

std::unique_ptr<Connection> connect(os::EventLoop& loop, const Peer& peer, const Identity* identity,
                                    std::function<void(Result<>)> opened) {
    auto connection = std::make_unique<TlsConnection>(loop, std::move(opened));
    connection->begin(peer, identity);
    return connection;
}

std::string to_text(const RequestText& request) {
    std::string text;
    text.reserve(request.body.size() + request.more.size() + 160);
    text.append(request.method).append(" ").append(request.path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    text.append(request.more);
    if (request.method != "GET") {
        text.append("Content-Type: ").append(request.type).append("\r\nContent-Length: ");
        text.append(std::to_string(request.body.size())).append("\r\n");
    }
    return text.append("\r\n").append(request.body);
}

}  // namespace slipway::bench
