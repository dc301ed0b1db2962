#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/attempt/growing_file.h"
#include "platform/base/time.h"
#include "platform/crypto/sha256.h"

namespace slipway::attempt {

/// The files `log` and `log.times` of one attempt: bytes in, a running digest beside them. What does not fit (the
/// limit, a full disk) is counted, never an error: a deployment does not stop because its log cannot be kept.
class Log {
public:
    struct Limits {
        std::uint64_t bytes_max = 0;
    };
    Log(std::unique_ptr<os::File> log, std::unique_ptr<os::File> marks, Clock& clock, Limits limits);

    /// Of which time marks count; the moment of `go`.
    void begin(Steady start) { start_ = start; }

    void append(std::string_view bytes);
    void mark();  ///< at a task's start: the next byte is written now

    Result<> sync() { return log_.sync(); }
    std::uint64_t length() const { return log_.length(); }
    std::uint64_t unsynced_bytes() const { return log_.unsynced_bytes(); }
    std::uint64_t gap_bytes() const { return gap_bytes_; }
    Digest digest() const { return digest_.hex(); }
    bool tampered();

private:
    void write_mark(Steady now);

    GrowingFile log_;
    GrowingFile marks_;
    Clock& clock_;
    Limits limits_;
    crypto::Sha256 digest_;
    Steady start_;
    std::optional<Steady> last_mark_;
    std::uint64_t last_mark_offset_ = 0;
    std::uint64_t gap_bytes_ = 0;
};

}  // namespace slipway::attempt
