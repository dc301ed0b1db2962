#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "platform/archive/entry.h"
#include "platform/archive/limits.h"
#include "platform/base/result.h"

namespace slipway::archive {

/// Reads a tar stream strictly before libarchive sees it: POSIX.1-1988 (v7, ustar), pax (POSIX.1-2001) and GNU long
/// names. What is allowed is listed, everything else is refused: sparse files, devices, multi volumes, vendors' types,
/// pax keys that change how the rest is read, a NUL inside a name, bytes after the end, a missing end. The entries it
/// understood are compared with what libarchive says, so that an archive with two readings is refused.
class TarScreen {
public:
    explicit TarScreen(const UnpackLimits& limits) : limits_(limits) {}

    Result<> feed(std::string_view bytes);
    Result<> finish();  ///< the stream has ended

    /// The next entry whose header has been fed completely.
    std::optional<Entry> take_entry();
    /// Of the last entry whose header has been fed; for messages.
    std::string_view last_name() const;

private:
    enum class State { header, extension, content, padding, end_zeros };

    Result<> take_block();
    Result<> take_header();
    Result<> begin_extension(char type, std::uint64_t size);
    Result<> end_extension();
    Result<> read_pax(std::string_view text);
    Result<> take_pax_record(std::string_view key, std::string_view value);
    Result<> begin_entry(char type, std::string name, std::string link, std::uint64_t size);
    void begin_content(State state, std::uint64_t size);

    UnpackLimits limits_;
    State state_ = State::header;
    std::string block_;
    std::uint64_t left_ = 0;     ///< content bytes still to come
    std::uint64_t padding_ = 0;  ///< zeros after them
    std::uint64_t zero_blocks_ = 0;
    char extension_type_ = 0;
    std::string extension_;
    std::optional<std::string> name_;  ///< from an extension, for the next entry
    std::optional<std::string> link_;
    std::optional<std::uint64_t> size_;
    bool extended_ = false;  ///< an extension is waiting for its entry
    bool global_ = false;    ///< the extension being read is for all entries
    std::deque<Entry> ready_;
    std::string last_name_;
    std::uint64_t entries_ = 0;
};

}  // namespace slipway::archive
