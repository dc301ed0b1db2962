#include "coordinator/blobs/log_files.h"

#include <charconv>

#include "platform/base/bytes.h"
#include "platform/base/crash_point.h"
#include "platform/base/ids.h"
#include "platform/base/time.h"
#include "platform/os/file_steps.h"

namespace slipway::blobs {

Result<std::string> month_of(std::string_view attempt) {
    if (!is_uuid(attempt)) return fail(Code::invalid, "'" + printable(attempt) + "' is not the id of an attempt");
    const std::string digits = std::string(attempt.substr(0, 8)) + std::string(attempt.substr(9, 4));
    std::int64_t ms = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), ms, 16);
    const std::string text = to_rfc3339(Time{ms * 1000});
    const std::size_t dash = text.find('-', 1);  // the farthest id is of the year 10889
    return text.substr(0, dash) + text.substr(dash + 1, 2);
}

Result<std::unique_ptr<os::File>> LogFiles::open(std::string_view attempt, std::string_view suffix, os::Access access) {
    TRY_ASSIGN(const std::string month, month_of(attempt));
    const std::lock_guard lock(mutex_);
    auto folder = logs_->open_directory(month);
    if (!folder && folder.error().code == Code::not_found) return nullptr;
    if (!folder) return fail(std::move(folder).error());
    auto file = (*folder)->open(std::string(attempt) + std::string(suffix), {.access = access});
    if (!file && file.error().code == Code::not_found) return nullptr;
    return file;
}

// Syncs also what was there: whoever made it may have been killed before its own sync.
Result<> LogFiles::make(std::string_view attempt) {
    TRY_ASSIGN(const std::string month, month_of(attempt));
    std::unique_lock lock(mutex_);
    TRY_ASSIGN(const auto folder, os::open_or_make(*logs_, month, 0700));
    if (!durable_months_.contains(month)) {
        TRY(logs_->sync());
        durable_months_.insert(month);
    }
    lock.unlock();
    for (const std::string_view suffix : {log_suffix, times_suffix, events_suffix})
        TRY(folder->open(std::string(attempt) + std::string(suffix),
                         {.access = os::Access::write, .create = os::Create::if_missing}));
    CRASH_POINT("blobs.log_make_before");
    TRY(folder->sync());
    CRASH_POINT("blobs.log_make_after");
    return {};
}

}  // namespace slipway::blobs
