#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "platform/os/loop.h"

/// Streams of bytes between processes; used in the loop's thread, never blocking it.
namespace slipway::os {

class PipeReader {
public:
    virtual ~PipeReader() = default;

    /// Calls in every turn in which read() would give something, the end included, until paused.
    virtual Result<> start(std::function<void()> ready) = 0;
    virtual void pause() = 0;
    /// Nothing: no bytes at the moment. 0: the end, nothing comes any more.
    virtual Result<std::optional<std::size_t>> read(std::span<char> into) = 0;
};

class PipeWriter {
public:
    virtual ~PipeWriter() = default;  ///< closes; what is still queued is dropped

    /// Writes what fits and queues the rest, in order. Nobody reads any more: Code::unavailable, now or in the next
    /// call.
    virtual Result<> write(std::string_view bytes) = 0;
    virtual void close() = 0;  ///< as soon as all that is queued is written
    virtual std::size_t queued_bytes() const = 0;
};

/// Takes over a descriptor, such as standard input.
Result<std::unique_ptr<PipeReader>> make_pipe_reader(EventLoop& loop, Native native);
Result<std::unique_ptr<PipeWriter>> make_pipe_writer(EventLoop& loop, Native native);

}  // namespace slipway::os
