#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/files.h"

namespace slipway::blobs {

/// What attempts wrote: `logs/<yyyymm>/<attempt>.log` with raw bytes, `.times` with pairs of offset and milliseconds
/// (16 bytes each, little endian), `.events` with one JSON line each; the month is that of the attempt's UUIDv7. Every
/// function may be called from any thread and may block on the disk; appends to one attempt come one at a time.
class AttemptLogs {
public:
    struct Held {
        std::int64_t bytes = 0;  ///< durable
        std::string sha256;      ///< of these bytes
    };
    struct Mark {
        std::int64_t offset = 0;
        std::int64_t ms = 0;
    };

    static Result<std::unique_ptr<AttemptLogs>> open(os::Directory& state);
    virtual ~AttemptLogs() = default;

    struct Appended {
        Held held;
        bool fits = false;  ///< the bytes belonged at the end of what was held
    };
    /// Appends at `offset` and makes it durable. Bytes that do not belong at the end of what is held, before it or
    /// beyond, change nothing. Answers what is held now, which tells where to go on. Code::limit beyond
    /// limits::log_bytes_max: nothing of it is stored.
    virtual Result<Appended> append(std::string_view attempt, std::int64_t offset, std::string_view bytes) = 0;
    /// Marks of bytes that are held; others, and those that do not grow, are passed over. Durable with close(): a power
    /// cut before it may lose the newest of them.
    virtual Result<> add_marks(std::string_view attempt, const std::vector<Mark>& marks) = 0;
    virtual Result<Held> held(std::string_view attempt) = 0;
    virtual Result<std::int64_t> length(std::string_view attempt) = 0;  ///< durable bytes, 0 if there is none
    /// Throws the log away if it has the digest that did not fit: all of it will be sent once more. Called a second
    /// time, when better bytes may be here already, it changes nothing.
    virtual Result<> restart(std::string_view attempt, std::string_view wrong_sha256) = 0;
    /// Nothing is appended any more: syncs the marks and frees memory and descriptors. Every attempt that was appended
    /// to or asked for by held() keeps about 300 bytes of memory until then; of descriptors there are at most 256.
    virtual void close(std::string_view attempt) = 0;

    /// Lines of events from number `first` on (the first event of an attempt is 1), each without its newline. What is
    /// held already is passed over. Durable when it returns; answers the highest event that is held.
    /// A gap before `first` stores nothing. Code::limit beyond limits::events_max or event_bytes_max, Code::invalid
    /// for a line with a newline in it.
    virtual Result<std::int64_t> append_events(std::string_view attempt, std::int64_t first,
                                               const std::vector<std::string>& lines) = 0;

    virtual Result<std::unique_ptr<os::File>> read(std::string_view attempt) = 0;  ///< not_found
    /// Those of bytes from `from` on, at most `count_max` of them, beginning with the last one before them.
    virtual Result<std::vector<Mark>> marks(std::string_view attempt, std::int64_t from, std::size_t count_max) = 0;
    virtual Result<std::vector<std::string>> events(std::string_view attempt) = 0;

    /// Calls from the appending thread whenever more is durable, with the new length, until the handle is destroyed;
    /// its destructor waits for a call that is under way in another thread. The call must not append or block.
    class Follower {
    public:
        virtual ~Follower() = default;
    };
    [[nodiscard]] virtual std::unique_ptr<Follower> follow(std::string_view attempt,
                                                           std::function<void(std::int64_t)> grown) = 0;
};

}  // namespace slipway::blobs
