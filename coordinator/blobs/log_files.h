#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/os/files.h"

namespace slipway::blobs {

inline constexpr std::string_view log_suffix = ".log";
inline constexpr std::string_view times_suffix = ".times";
inline constexpr std::string_view events_suffix = ".events";

/// Where the files of attempts lie: `logs/<yyyymm>/<attempt><suffix>`. Any thread.
class LogFiles {
public:
    explicit LogFiles(std::unique_ptr<os::Directory> logs) : logs_(std::move(logs)) {}

    /// Null if there is none.
    Result<std::unique_ptr<os::File>> open(std::string_view attempt, std::string_view suffix, os::Access access);
    /// Makes it if it is missing. Its name is durable after sync_names() only.
    Result<std::unique_ptr<os::File>> make(std::string_view attempt, std::string_view suffix);
    /// The names of all files of the attempt, also of those that another process made. After the sync of their bytes a
    /// file system with a journal has little left to do.
    Result<> sync_names(std::string_view attempt);

private:
    Result<os::Directory*> folder(const std::string& month, os::Create create);  ///< with mutex_; null if there is none

    std::mutex mutex_;  // folders belong to one thread at a time
    std::unique_ptr<os::Directory> logs_;
    std::string open_month_;
    std::unique_ptr<os::Directory> open_folder_;
    std::set<std::string> durable_months_;  ///< whose own name this process has synced
};

/// "202611" of a UUIDv7 (RFC 9562 5.7: the first 48 bits are milliseconds since 1970). Code::invalid for another text.
Result<std::string> month_of(std::string_view attempt);

}  // namespace slipway::blobs
