#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace slipway::net::tests {

/// One line to a client, plain or TLS, in its own thread. Reads and writes block; false means that the client is gone.
class Line {
public:
    Line(int socket, SSL_CTX* tls) : socket_(socket), tls_(tls) {}
    ~Line() {
        if (ssl_ != nullptr) {
            SSL_shutdown(ssl_);
            SSL_free(ssl_);
        }
        ::close(socket_);
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    bool start_tls() {
        ssl_ = SSL_new(tls_);
        SSL_set_fd(ssl_, socket_);
        return SSL_accept(ssl_) == 1;
    }

    bool write(const std::string& bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            const auto size = std::min<std::size_t>(bytes.size() - at, 64 * 1024);
            const auto count = ssl_ != nullptr
                                   ? SSL_write(ssl_, bytes.data() + at, static_cast<int>(size))
                                   : static_cast<int>(::send(socket_, bytes.data() + at, size, MSG_NOSIGNAL));
            if (count <= 0) return false;
            at += static_cast<std::size_t>(count);
        }
        return true;
    }

    /// Until `end` stands in what was read; the rest is kept for later reads.
    bool read_until(const std::string& end, std::string& out) {
        for (;;) {
            if (const auto at = kept_.find(end); at != std::string::npos) {
                out = kept_.substr(0, at + end.size());
                kept_.erase(0, at + end.size());
                return true;
            }
            if (!read_more()) return false;
        }
    }

    bool read_exactly(std::size_t size, std::string& out) {
        while (kept_.size() < size)
            if (!read_more()) return false;
        out = kept_.substr(0, size);
        kept_.erase(0, size);
        return true;
    }

    /// True when the client hung up within the time; what it sends meanwhile is thrown away.
    bool wait_for_end(int milliseconds) {
        while (::poll(std::array<pollfd, 1>{pollfd{socket_, POLLIN, 0}}.data(), 1, milliseconds) == 1)
            if (!read_more()) return true;
        return false;
    }

    SSL* ssl() const { return ssl_; }
    int socket() const { return socket_; }

private:
    bool read_more() {
        std::array<char, 16 * 1024> buffer{};
        const auto count = ssl_ != nullptr ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
                                           : static_cast<int>(::recv(socket_, buffer.data(), buffer.size(), 0));
        if (count <= 0) return false;
        kept_.append(buffer.data(), static_cast<std::size_t>(count));
        return true;
    }

    int socket_;
    SSL_CTX* tls_;
    SSL* ssl_ = nullptr;
    std::string kept_;
};

struct Seen {
    std::string method, target, head, body;
    int line = 0;  ///< the number of the connection, from 1
    bool resumed = false;

    std::string header(const std::string& name) const {
        const auto at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const auto begin = at + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
};

inline std::string answer(int status, const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
}

/// A small HTTP server on a loopback port: one thread per connection, all of them ended with it. `answer_to` is called
/// in these threads, after head and body (of a known length) were read, and returns false to close the line.
class Server {
public:
    using Answer = std::function<bool(Line&, const Seen&)>;
    using Begin = std::function<bool(Line&)>;  ///< before TLS, for proxies

    Server(SSL_CTX* tls, Answer answer_to, Begin begin = {})
        : tls_(tls), answer_to_(std::move(answer_to)), begin_(std::move(begin)) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_, 16) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { accept_all(); });
    }

    ~Server() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
        {
            const std::lock_guard lock(mutex_);
            for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
        }
        for (std::thread& thread : threads_) thread.join();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const { return port_; }
    std::string url(const std::string& target = "/") const {
        return std::string(tls_ != nullptr && !begin_ ? "https" : "http") + "://localhost:" + std::to_string(port_) +
               target;
    }
    std::vector<Seen> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    int lines() const { return lines_; }

private:
    void accept_all() {
        for (;;) {
            const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            const int number = ++lines_;
            const std::lock_guard lock(mutex_);
            open_.push_back(socket);
            threads_.emplace_back([this, socket, number] {
                {
                    Line line(socket, tls_);
                    serve(line, number);
                    const std::lock_guard inner(mutex_);
                    open_.remove(socket);
                }
            });
        }
    }

    void serve(Line& line, int number) {
        if (begin_ && !begin_(line)) return;
        if (tls_ != nullptr && !line.start_tls()) return;
        for (;;) {
            Seen seen;
            seen.line = number;
            seen.resumed = line.ssl() != nullptr && SSL_session_reused(line.ssl()) == 1;
            if (!line.read_until("\r\n\r\n", seen.head)) return;
            seen.method = seen.head.substr(0, seen.head.find(' '));
            const auto target = seen.method.size() + 1;
            seen.target = seen.head.substr(target, seen.head.find(' ', target) - target);
            const std::string length = seen.header("Content-Length");
            if (!length.empty() && !line.read_exactly(std::stoul(length), seen.body)) return;
            {
                const std::lock_guard lock(mutex_);
                seen_.push_back(seen);
            }
            if (!answer_to_(line, seen)) return;
        }
    }

    SSL_CTX* tls_;
    Answer answer_to_;
    Begin begin_;
    int socket_ = -1;
    int port_ = 0;
    std::atomic<int> lines_ = 0;
    std::mutex mutex_;
    std::list<int> open_;
    std::vector<Seen> seen_;
    std::list<std::thread> threads_;
    std::thread thread_;
};

}  // namespace slipway::net::tests
