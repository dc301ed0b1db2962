#include <cerrno>
#include <cstring>

#include <boost/asio/ip/tcp.hpp>

#include "coordinator/http/stream.h"

namespace slipway::http {
namespace {

class PlainStream final : public Stream {
public:
    explicit PlainStream(int descriptor) : descriptor_(descriptor) {}

    Step handshake() override { return {}; }

    Step read(std::span<char> into) override {
        return judge(::recv(descriptor_, into.data(), into.size(), 0), Step::Kind::want_read);
    }

    Step write(std::string_view bytes) override {
        const ssize_t moved = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return moved == 0 ? Step{} : judge(moved, Step::Kind::want_write);
    }

    Step peek() override {
        char one = 0;
        return judge(::recv(descriptor_, &one, 1, MSG_PEEK), Step::Kind::want_read);
    }

    void close() override {}
    std::string failure() const override { return std::strerror(error_); }

private:
    Step judge(ssize_t moved, Step::Kind want) {
        if (moved > 0) return {Step::Kind::done, static_cast<std::size_t>(moved)};
        if (moved == 0) return {Step::Kind::closed, 0};
        if (errno == EAGAIN || errno == EINTR) return {want, 0};
        error_ = errno;
        return {error_ == ECONNRESET ? Step::Kind::closed : Step::Kind::failed, 0};
    }

    int descriptor_;
    int error_ = 0;
};

class PlainFactory final : public StreamFactory {
public:
    Result<std::unique_ptr<Stream>> make(os::Native descriptor) override {
        return std::make_unique<PlainStream>(static_cast<int>(descriptor));
    }
    bool is_secure() const override { return false; }
};

}  // namespace

std::shared_ptr<StreamFactory> make_plain_streams() { return std::make_shared<PlainFactory>(); }

}  // namespace slipway::http
