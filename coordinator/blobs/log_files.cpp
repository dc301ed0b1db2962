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

// Almost all is of this month: its folder stays open.
Result<os::Directory*> LogFiles::folder(const std::string& month, os::Create create) {
    if (open_month_ == month) return open_folder_.get();
    auto opened = create == os::Create::never ? logs_->open_directory(month) : os::open_or_make(*logs_, month, 0700);
    if (!opened && opened.error().code == Code::not_found) return nullptr;
    if (!opened) return fail(std::move(opened).error());
    open_folder_ = *std::move(opened);
    open_month_ = month;
    return open_folder_.get();
}

Result<std::unique_ptr<os::File>> LogFiles::open(std::string_view attempt, std::string_view suffix, os::Access access) {
    TRY_ASSIGN(const std::string month, month_of(attempt));
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(os::Directory* const in, folder(month, os::Create::never));
    if (in == nullptr) return nullptr;
    auto file = in->open(std::string(attempt) + std::string(suffix), {.access = access});
    if (!file && file.error().code == Code::not_found) return nullptr;
    return file;
}

Result<std::unique_ptr<os::File>> LogFiles::make(std::string_view attempt, std::string_view suffix) {
    TRY_ASSIGN(const std::string month, month_of(attempt));
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(os::Directory* const in, folder(month, os::Create::if_missing));
    return in->open(std::string(attempt) + std::string(suffix),
                    {.access = os::Access::read_write, .create = os::Create::if_missing});
}

Result<> LogFiles::sync_names(std::string_view attempt) {
    TRY_ASSIGN(const std::string month, month_of(attempt));
    std::unique_lock lock(mutex_);
    TRY_ASSIGN(const auto in, logs_->open_directory(month));
    if (!durable_months_.contains(month)) {
        TRY(logs_->sync());
        durable_months_.insert(month);
    }
    lock.unlock();  // its own handle of the folder: the sync keeps nobody waiting
    CRASH_POINT("blobs.log_names_before");
    TRY(in->sync());
    CRASH_POINT("blobs.log_names_after");
    return {};
}

}  // namespace slipway::blobs
