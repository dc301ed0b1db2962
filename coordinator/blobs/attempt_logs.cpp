#include "coordinator/blobs/attempt_logs.h"

#include <list>
#include <map>
#include <mutex>
#include <optional>

#include "coordinator/blobs/event_lines.h"
#include "coordinator/blobs/followers.h"
#include "coordinator/blobs/log_files.h"
#include "coordinator/blobs/time_marks.h"
#include "platform/base/crash_point.h"
#include "platform/base/limits.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"

namespace slipway::blobs {

namespace {

constexpr std::size_t open_logs_max = 256;
constexpr std::size_t hash_chunk_bytes = 256 * 1024;

/// What is known of an attempt between its first append and close(). Its mutex is taken before that of the list of
/// open logs, never after it.
struct Entry {
    std::mutex mutex;
    bool named = true;    ///< the names of its files are durable; nobody is told of bytes before
    bool loaded = false;  ///< length and digest are those of the durable bytes
    std::int64_t length = 0;
    crypto::Sha256 digest;
    std::optional<MarksEnd> marks;
    std::optional<EventsEnd> events;
    std::unique_ptr<os::File> log;  ///< null while it is not among the open ones

    AttemptLogs::Held held() const { return {length, digest.hex()}; }
};

/// Closes the log that was used longest ago when there are too many.
class OpenLogs {
public:
    /// With the entry's mutex held and its log open.
    void used(const std::shared_ptr<Entry>& entry) {
        const std::lock_guard lock(mutex_);
        if (const auto place = places_.find(entry.get()); place != places_.end()) {
            order_.splice(order_.begin(), order_, place->second);
            return;
        }
        order_.push_front(entry);
        places_.emplace(entry.get(), order_.begin());
        for (auto next = order_.end(); order_.size() > open_logs_max && next != order_.begin();) {
            const std::shared_ptr<Entry> oldest = *--next;  // outlives the lock of its mutex
            if (oldest == entry) continue;
            const std::unique_lock idle(oldest->mutex, std::try_to_lock);
            if (!idle) continue;
            oldest->log.reset();
            places_.erase(oldest.get());
            next = order_.erase(next);
        }
    }

    void forget(const std::shared_ptr<Entry>& entry) {
        const std::lock_guard lock(mutex_);
        const auto place = places_.find(entry.get());
        if (place == places_.end()) return;
        order_.erase(place->second);
        places_.erase(place);
    }

private:
    std::mutex mutex_;
    std::list<std::shared_ptr<Entry>> order_;  ///< used last first
    std::map<const Entry*, std::list<std::shared_ptr<Entry>>::iterator> places_;
};

class LogFolders : public AttemptLogs {
public:
    explicit LogFolders(std::unique_ptr<os::Directory> logs) : files_(std::move(logs)) {}

    Result<Appended> append(std::string_view attempt, std::int64_t offset, std::string_view bytes) override {
        if (offset < 0) return fail(Code::invalid, "the offset of log bytes is negative");
        const auto entry = entry_of(attempt);
        std::unique_lock lock(entry->mutex);
        TRY(load(attempt, *entry));
        const std::int64_t before = entry->length;
        if (offset != before) return Appended{entry->held(), false};
        if (bytes.empty()) return Appended{entry->held(), true};
        if (bytes.size() > limits::log_bytes_max - static_cast<std::uint64_t>(before))
            return fail(Code::limit, "a log may have " + std::to_string(limits::log_bytes_max) + " bytes", "log_full");
        TRY(open(attempt, entry));
        TRY_WITHIN("storing a log", store(*entry, bytes));
        TRY(name(attempt, *entry));
        const Held held = entry->held();
        lock.unlock();
        followers_.tell(attempt, held.bytes);
        return Appended{held, true};
    }

    Result<> add_marks(std::string_view attempt, const std::vector<Mark>& marks) override {
        if (marks.empty()) return {};
        // Of a closed log they still come; there is no need to read all of it for them.
        const auto entry = known(attempt);
        Entry closed;
        Entry& of = entry ? *entry : closed;
        const std::lock_guard lock(of.mutex);
        TRY_ASSIGN(const std::int64_t held, of.loaded ? of.length : length_on_disk(attempt));
        if (held == 0) return {};
        TRY_ASSIGN(const auto times, files_.make(attempt, times_suffix));
        if (!of.marks) {
            TRY_ASSIGN(of.marks, load_marks(*times, held));
        }
        TRY(append_marks(*times, *of.marks, marks, held));
        return entry ? Result<>() : times->sync_data();
    }

    Result<Held> held(std::string_view attempt) override {
        TRY(month_of(attempt));
        const auto entry = entry_of(attempt);
        const std::lock_guard lock(entry->mutex);
        TRY(load(attempt, *entry));
        // An append that failed between its bytes and their name left that undone.
        if (entry->length > 0) TRY(name(attempt, *entry));
        return entry->held();
    }

    Result<std::int64_t> length(std::string_view attempt) override {
        if (const auto entry = known(attempt)) {
            const std::lock_guard lock(entry->mutex);
            TRY(load(attempt, *entry));
            return entry->length;
        }
        return length_on_disk(attempt);
    }

    Result<> restart(std::string_view attempt, std::string_view wrong_sha256) override {
        TRY(month_of(attempt));
        const auto entry = entry_of(attempt);
        const std::lock_guard lock(entry->mutex);
        TRY(load(attempt, *entry));
        if (entry->digest.hex() != wrong_sha256) return {};
        entry->loaded = false;
        entry->marks.reset();
        TRY(open(attempt, entry));
        CRASH_POINT("blobs.log_restart_before");
        TRY_ASSIGN(const auto times, files_.open(attempt, times_suffix, os::Access::write));
        if (times) TRY(times->truncate(0));
        TRY(entry->log->truncate(0));
        TRY(entry->log->sync_data());
        TRY(name(attempt, *entry));
        CRASH_POINT("blobs.log_restart_after");
        entry->length = 0;
        entry->digest = crypto::Sha256();
        entry->loaded = true;
        return {};
    }

    void close(std::string_view attempt) override {
        std::shared_ptr<Entry> entry;
        {
            const std::lock_guard lock(mutex_);
            const auto found = entries_.find(attempt);
            if (found == entries_.end()) return;
            entry = std::move(found->second);
            entries_.erase(found);
        }
        open_.forget(entry);
        const std::lock_guard lock(entry->mutex);
        entry->log.reset();
        if (!entry->marks) return;
        // A mark that does not become durable costs a time on a page, nothing else.
        if (const auto times = files_.open(attempt, times_suffix, os::Access::write); times && *times)
            static_cast<void>((*times)->sync_data());
    }

    Result<std::int64_t> append_events(std::string_view attempt, std::int64_t first,
                                       const std::vector<std::string>& lines) override {
        TRY(check_events(first, lines));
        const auto entry = entry_of(attempt);
        const std::lock_guard lock(entry->mutex);
        TRY(load_end(attempt, *entry));
        const std::int64_t last = first + static_cast<std::int64_t>(lines.size()) - 1;
        if (first > entry->events->count + 1 || last <= entry->events->count) return entry->events->count;
        if (entry->events->count == 0) entry->named = false;
        TRY_ASSIGN(const auto file, files_.make(attempt, events_suffix));
        TRY_WITHIN("storing events", blobs::append_events(*file, *entry->events, first, lines));
        TRY(name(attempt, *entry));
        return entry->events->count;
    }

    Result<std::unique_ptr<os::File>> read(std::string_view attempt) override {
        TRY_ASSIGN(auto file, files_.open(attempt, log_suffix, os::Access::read));
        if (!file) return fail(Code::not_found, "attempt " + std::string(attempt) + " has no log");
        return file;
    }

    Result<std::vector<Mark>> marks(std::string_view attempt, std::int64_t from, std::size_t count_max) override {
        TRY_ASSIGN(const auto file, files_.open(attempt, times_suffix, os::Access::read));
        if (!file) return std::vector<Mark>{};
        return read_marks(*file, from, count_max);
    }

    Result<std::vector<std::string>> events(std::string_view attempt) override {
        TRY_ASSIGN(const auto file, files_.open(attempt, events_suffix, os::Access::read));
        if (!file) return std::vector<std::string>{};
        return read_events(*file);
    }

    std::unique_ptr<Follower> follow(std::string_view attempt, std::function<void(std::int64_t)> grown) override {
        return followers_.add(attempt, std::move(grown));
    }

private:
    std::shared_ptr<Entry> entry_of(std::string_view attempt) {
        const std::lock_guard lock(mutex_);
        if (const auto found = entries_.find(attempt); found != entries_.end()) return found->second;
        return entries_.emplace(attempt, std::make_shared<Entry>()).first->second;
    }

    std::shared_ptr<Entry> known(std::string_view attempt) {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(attempt);
        return found == entries_.end() ? nullptr : found->second;
    }

    Result<> name(std::string_view attempt, Entry& entry) {
        if (entry.named) return {};
        TRY(files_.sync_names(attempt));
        entry.named = true;
        return {};
    }

    /// Bytes that the last process wrote and did not sync count only once they are durable, as do their names.
    Result<> load(std::string_view attempt, Entry& entry) {
        if (entry.loaded) return {};
        TRY_ASSIGN(const auto file, files_.open(attempt, log_suffix, os::Access::read_write));
        entry.length = 0;
        entry.digest = crypto::Sha256();
        if (file) {
            entry.named = false;
            TRY(file->sync_data());
            TRY(name(attempt, entry));
            TRY(hash(*file, entry));
        }
        entry.loaded = true;
        return {};
    }

    static Result<> hash(os::File& file, Entry& entry) {
        std::vector<char> chunk(hash_chunk_bytes);
        for (;;) {
            TRY_ASSIGN(const std::size_t got, file.read_at(static_cast<std::uint64_t>(entry.length), chunk));
            if (got == 0) return {};
            entry.digest.update({chunk.data(), got});
            entry.length += static_cast<std::int64_t>(got);
        }
    }

    /// The same of the events.
    Result<> load_end(std::string_view attempt, Entry& entry) {
        if (entry.events) return {};
        TRY_ASSIGN(const auto file, files_.open(attempt, events_suffix, os::Access::read_write));
        EventsEnd end;
        if (file) {
            entry.named = false;
            TRY_ASSIGN(end, load_events(*file));
            TRY(name(attempt, entry));
        }
        entry.events = end;
        return {};
    }

    Result<> open(std::string_view attempt, const std::shared_ptr<Entry>& entry) {
        if (!entry->log && entry->length == 0) {
            entry->named = false;
            TRY_ASSIGN(entry->log, files_.make(attempt, log_suffix));
        } else if (!entry->log) {
            TRY_ASSIGN(entry->log, files_.open(attempt, log_suffix, os::Access::read_write));
            if (!entry->log) return fail(Code::corrupt, "the log of attempt " + std::string(attempt) + " is gone");
        }
        open_.used(entry);
        return {};
    }

    Result<std::int64_t> length_on_disk(std::string_view attempt) {
        TRY_ASSIGN(const auto file, files_.open(attempt, log_suffix, os::Access::read_write));
        if (!file) return 0;
        TRY(file->sync_data());
        TRY_ASSIGN(const os::Status status, file->status());
        return static_cast<std::int64_t>(status.size);
    }

    /// After an error the log is as it was before: a sync that failed may leave pages that look clean.
    static Result<> store(Entry& entry, std::string_view fresh) {
        const auto before = static_cast<std::uint64_t>(entry.length);
        Result<> stored = entry.log->write_at(before, fresh);
        CRASH_POINT("blobs.log_sync_before");
        if (stored) stored = entry.log->sync_data();
        if (!stored) {
            static_cast<void>(entry.log->truncate(before));
            entry.marks.reset();
            return stored;
        }
        CRASH_POINT("blobs.log_sync_after");
        entry.length += static_cast<std::int64_t>(fresh.size());
        entry.digest.update(fresh);
        return {};
    }

    LogFiles files_;
    Followers followers_;
    OpenLogs open_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries_;
};

}  // namespace

Result<std::unique_ptr<AttemptLogs>> AttemptLogs::open(os::Directory& state) {
    TRY_ASSIGN(auto logs, os::open_or_make(state, "logs", 0700));
    TRY(state.sync());
    return std::make_unique<LogFolders>(std::move(logs));
}

}  // namespace slipway::blobs
