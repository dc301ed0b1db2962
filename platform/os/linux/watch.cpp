#include "platform/os/watch.h"

#include <array>
#include <cstring>
#include <map>
#include <set>

#include <sys/inotify.h>

#include "platform/os/linux/descriptor.h"
#include "platform/os/linux/system_error.h"

namespace slipway::os {
namespace {

constexpr std::uint32_t events = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

struct Watcher {
    int place = -1;    // what inotify calls a watch descriptor; one per directory
    std::string name;  // empty: any entry
    std::shared_ptr<std::function<void()>> function;
};

/// What subscriptions refer to; they may outlive the watches.
struct Table {
    Descriptor inotify;
    std::map<std::uint64_t, Watcher> watchers;
    std::map<int, std::set<std::uint64_t>> places;
    std::uint64_t last_id = 0;

    void forget(std::uint64_t id) {
        const auto found = watchers.find(id);
        const auto place = places.find(found->second.place);
        place->second.erase(id);
        if (place->second.empty()) {
            ::inotify_rm_watch(inotify.get(), place->first);
            places.erase(place);
        }
        watchers.erase(found);
    }
};

class LinuxFileWatch final : public Subscription {
public:
    LinuxFileWatch(std::weak_ptr<Table> table, std::uint64_t id) : table_(std::move(table)), id_(id) {}
    ~LinuxFileWatch() override {
        if (const auto table = table_.lock()) table->forget(id_);
    }

private:
    std::weak_ptr<Table> table_;
    std::uint64_t id_;
};

class LinuxFileWatches final : public FileWatches {
public:
    Result<> open(EventLoop& loop) {
        table_->inotify.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        if (!table_->inotify) return system_fail(errno, "watching files (see fs.inotify.max_user_instances)", "");
        TRY_ASSIGN(watch_, loop.watch(table_->inotify.get(), {.read = true}, [this](Ready) { take_events(); }));
        return {};
    }

    Result<Handle> watch(Directory& directory, std::string name, std::function<void()> function) override {
        const auto native = directory.native();
        if (!native) return fail(Code::internal, directory.path() + " is of another kind of files");
        const std::string path = "/proc/self/fd/" + std::to_string(*native);
        const int place = ::inotify_add_watch(table_->inotify.get(), path.c_str(), events | IN_ONLYDIR);
        if (place < 0 && errno == ENOSPC)
            return fail(Code::limit, "watching " + directory.path() +
                                         ": no more watches for this user (see fs.inotify.max_user_watches)");
        if (place < 0) return system_fail(errno, "watching", directory.path());
        const std::uint64_t id = ++table_->last_id;
        table_->places[place].insert(id);
        table_->watchers.emplace(
            id, Watcher{place, std::move(name), std::make_shared<std::function<void()>>(std::move(function))});
        return std::make_unique<LinuxFileWatch>(table_, id);
    }

private:
    void take_events() {
        std::set<std::uint64_t> touched;
        alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
        // A bounded number of reads: a busy writer must not hold up the loop.
        for (int round = 0; round < 16; ++round) {
            const ssize_t got = retry([&] { return ::read(table_->inotify.get(), buffer.data(), buffer.size()); });
            if (got <= 0) break;
            collect({buffer.data(), static_cast<std::size_t>(got)}, touched);
        }
        for (const std::uint64_t id : touched) {
            const auto found = table_->watchers.find(id);
            if (found == table_->watchers.end()) continue;
            const auto function = found->second.function;
            (*function)();
        }
    }

    void collect(std::string_view bytes, std::set<std::uint64_t>& touched) const {
        while (bytes.size() >= sizeof(inotify_event)) {
            inotify_event event{};
            std::memcpy(&event, bytes.data(), sizeof event);
            // Padded with zeros to a multiple of the event's alignment.
            const std::string name(event.len == 0 ? "" : bytes.data() + sizeof event);
            bytes.remove_prefix(sizeof event + event.len);
            if ((event.mask & IN_Q_OVERFLOW) != 0)
                for (const auto& [id, watcher] : table_->watchers) touched.insert(id);
            const auto place = table_->places.find(event.wd);
            if (place == table_->places.end() || (event.mask & IN_IGNORED) != 0) continue;
            for (const std::uint64_t id : place->second) {
                const Watcher& watcher = table_->watchers.at(id);
                if (watcher.name.empty() || watcher.name == name) touched.insert(id);
            }
        }
    }

    std::shared_ptr<Table> table_ = std::make_shared<Table>();
    std::unique_ptr<Watch> watch_;
};

}  // namespace

Result<std::unique_ptr<FileWatches>> make_file_watches(EventLoop& loop) {
    auto watches = std::make_unique<LinuxFileWatches>();
    TRY(watches->open(loop));
    return watches;
}

}  // namespace slipway::os
