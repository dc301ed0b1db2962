#include "platform/os/memory/memory_pipe.h"

#include <algorithm>
#include <string>

namespace slipway::os {

struct MemoryPipe::State {
    std::string bytes;
    bool ended = false;      // nobody writes any more
    bool abandoned = false;  // nobody reads any more

    // Of the reader, while it is started.
    Loop* loop = nullptr;
    std::shared_ptr<std::function<void()>> ready;
    bool posted = false;

    static void tell(const std::shared_ptr<State>& state) {
        if (!state->ready || state->posted || (state->bytes.empty() && !state->ended)) return;
        state->posted = true;
        state->loop->post([state] {
            state->posted = false;
            const auto function = state->ready;
            if (!function) return;
            if (!state->bytes.empty() || state->ended) (*function)();
            tell(state);
        });
    }
};

class MemoryPipe::Reader final : public PipeReader {
public:
    Reader(std::shared_ptr<State> state, Loop& loop) : state_(std::move(state)), loop_(loop) {}
    ~Reader() override {
        pause();
        state_->abandoned = true;
    }
    Result<> start(std::function<void()> ready) override {
        state_->loop = &loop_;
        state_->ready = std::make_shared<std::function<void()>>(std::move(ready));
        State::tell(state_);
        return {};
    }
    void pause() override { state_->ready = nullptr; }
    Result<std::optional<std::size_t>> read(std::span<char> into) override {
        if (state_->bytes.empty() && !state_->ended) return std::nullopt;
        const std::size_t length = std::min(into.size(), state_->bytes.size());
        std::copy_n(state_->bytes.data(), length, into.data());
        state_->bytes.erase(0, length);
        return length;
    }

private:
    std::shared_ptr<State> state_;
    Loop& loop_;
};

class MemoryPipe::Writer final : public PipeWriter {
public:
    explicit Writer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Writer() override { close(); }
    Result<> write(std::string_view bytes) override {
        if (closed_) return fail(Code::conflict, "writing a pipe: it is closed");
        if (state_->abandoned) return fail(Code::unavailable, "writing a pipe: nobody reads it any more");
        state_->bytes += bytes;
        State::tell(state_);
        return {};
    }
    void close() override {
        if (closed_) return;
        closed_ = true;
        state_->ended = true;
        State::tell(state_);
    }
    std::size_t queued_bytes() const override { return 0; }

private:
    std::shared_ptr<State> state_;
    bool closed_ = false;
};

MemoryPipe::MemoryPipe() : state_(std::make_shared<State>()) {}
std::unique_ptr<PipeReader> MemoryPipe::open_reader(Loop& loop) { return std::make_unique<Reader>(state_, loop); }
std::unique_ptr<PipeWriter> MemoryPipe::open_writer() { return std::make_unique<Writer>(state_); }

}  // namespace slipway::os
