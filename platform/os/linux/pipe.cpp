#include "platform/os/pipe.h"

#include <string>

#include <fcntl.h>
#include <poll.h>

#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

Result<> make_nonblocking(int number) {
    const int flags = ::fcntl(number, F_GETFL);
    if (flags < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) != 0 || ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
        return system_fail(errno, "preparing descriptor", std::to_string(number));
    return {};
}

class LinuxPipeReader final : public PipeReader {
public:
    LinuxPipeReader(EventLoop& loop, Descriptor descriptor) : loop_(loop), descriptor_(std::move(descriptor)) {}
    ~LinuxPipeReader() override {
        *alive_ = false;
        watch_.reset();  // before the descriptor is closed: a child may hold a copy for an instant
    }

    Result<> start(std::function<void()> ready) override {
        ready_ = std::make_shared<std::function<void()>>(std::move(ready));
        started_ = true;
        if (unwatchable_) {
            call_again();
            return {};
        }
        if (watch_) return watch_->change({.read = true});
        auto watch = loop_.watch(descriptor_.get(), {.read = true}, [this](Ready) {
            const auto function = ready_;
            (*function)();
        });
        if (watch) {
            watch_ = std::move(*watch);
            return {};
        }
        // Regular files and /dev/null cannot be watched: they are always ready.
        struct pollfd entry {
            descriptor_.get(), POLLIN, 0
        };
        if (::poll(&entry, 1, 0) != 1 || (entry.revents & POLLIN) == 0) return fail(std::move(watch).error());
        unwatchable_ = true;
        call_again();
        return {};
    }

    void pause() override {
        started_ = false;
        if (watch_) static_cast<void>(watch_->change({}));
    }

    Result<std::optional<std::size_t>> read(std::span<char> into) override {
        const ssize_t got = retry([&] { return ::read(descriptor_.get(), into.data(), into.size()); });
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno == EAGAIN) return std::nullopt;
        return system_fail(errno, "reading a pipe", "");
    }

private:
    void call_again() {
        if (calling_) return;
        calling_ = true;
        loop_.post([this, alive = alive_] {
            if (!*alive) return;
            calling_ = false;
            if (!started_) return;
            const auto function = ready_;
            (*function)();
            if (*alive && started_) call_again();
        });
    }

    EventLoop& loop_;
    Descriptor descriptor_;
    std::unique_ptr<Watch> watch_;
    std::shared_ptr<std::function<void()>> ready_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    bool started_ = false;
    bool unwatchable_ = false;
    bool calling_ = false;
};

class LinuxPipeWriter final : public PipeWriter {
public:
    LinuxPipeWriter(EventLoop& loop, Descriptor descriptor) : loop_(loop), descriptor_(std::move(descriptor)) {}
    ~LinuxPipeWriter() override { watch_.reset(); }

    Result<> write(std::string_view bytes) override {
        if (closing_) return fail(Code::conflict, "writing a pipe: it is closed");
        queue_.append(bytes);
        flush();
        if (broken_) return fail(Code::unavailable, "writing a pipe: nobody reads it any more");
        return {};
    }

    void close() override {
        closing_ = true;
        flush();
    }

    std::size_t queued_bytes() const override { return queue_.size(); }

private:
    void flush() {
        std::size_t written = 0;
        while (!broken_ && written < queue_.size()) {
            const ssize_t wrote =
                retry([&] { return ::write(descriptor_.get(), queue_.data() + written, queue_.size() - written); });
            if (wrote < 0 && errno == EAGAIN) break;
            if (wrote < 0)
                broken_ = true;
            else
                written += static_cast<std::size_t>(wrote);
        }
        queue_.erase(0, written);
        if (broken_) queue_.clear();
        if (!queue_.empty() && !watch_) wait();
        if (queue_.empty()) watch_.reset();
        if (closing_ && queue_.empty()) descriptor_.reset();
    }

    void wait() {
        auto watch = loop_.watch(descriptor_.get(), {.write = true}, [this](Ready) { flush(); });
        if (watch)
            watch_ = std::move(*watch);
        else
            broken_ = true;
    }

    EventLoop& loop_;
    Descriptor descriptor_;
    std::unique_ptr<Watch> watch_;
    std::string queue_;
    bool closing_ = false;
    bool broken_ = false;
};

}  // namespace

Result<std::unique_ptr<PipeReader>> make_pipe_reader(EventLoop& loop, Native native) {
    TRY(make_nonblocking(static_cast<int>(native)));
    return std::make_unique<LinuxPipeReader>(loop, Descriptor(static_cast<int>(native)));
}

Result<std::unique_ptr<PipeWriter>> make_pipe_writer(EventLoop& loop, Native native) {
    TRY(make_nonblocking(static_cast<int>(native)));
    return std::make_unique<LinuxPipeWriter>(loop, Descriptor(static_cast<int>(native)));
}

}  // namespace slipway::os
