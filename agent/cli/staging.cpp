#include "agent/cli/staging.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/crash_point.h"
#include "platform/os/file_system_sync.h"

namespace slipway::cli {
namespace {

constexpr std::string_view prefix = ".slipway-unpack-";
constexpr std::size_t random_bytes = 8;
constexpr int tries_max = 8;
constexpr std::size_t listed_max = 100'000;

Result<> check_free(os::Directory& folder, const std::string& name, const std::string& target) {
    TRY_ASSIGN(const auto status, folder.status(name));
    if (!status) return {};
    if (status->kind != os::Kind::directory)
        return fail(Code::conflict, target + " exists and is no folder; unpack into a new one");
    TRY_ASSIGN(const auto present, folder.open_directory(name));
    if (!present->list(0))
        return fail(Code::conflict, target + " exists and is not empty; unpack into a new folder, or remove it first");
    return {};
}

bool is_staging_name(std::string_view name) {
    return name.starts_with(prefix) && name.size() == prefix.size() + 2 * random_bytes;
}

}  // namespace

Result<std::unique_ptr<Staging>> Staging::make(os::Files& files, const std::string& target, Random& random) {
    std::unique_ptr<Staging> staging(new Staging);
    std::string path = target;
    while (!staging->above_) {
        while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        const std::size_t slash = path.rfind('/');
        const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
        if (name.empty() || name == "." || name == "..")
            return fail(Code::invalid, "the target " + printable(target) + " does not end in the name of a folder");
        path = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
        staging->missing_.insert(staging->missing_.begin(), name);
        auto above = files.open_directory(path);
        if (above)
            staging->above_ = std::move(*above);
        else if (above.error().code != Code::not_found)
            return fail(std::move(above).error());
    }
    if (staging->missing_.size() == 1) TRY(check_free(*staging->above_, staging->missing_[0], target));
    staging->remove_stale();
    TRY(staging->make_folder(random));
    return staging;
}

/// The lock says that the folder has an owner. Whoever cleans up may be faster than the lock: then another name is
/// taken.
Result<> Staging::make_folder(Random& random) {
    for (int i = 0;; ++i) {
        name_ = std::string(prefix) + to_hex(random.bytes(random_bytes));
        TRY_ASSIGN(folder_, above_->make_directory(name_, 0700));
        if (auto lock = folder_->lock("lock")) {
            lock_ = std::move(*lock);
            break;
        } else if (i == tries_max || (lock.error().code != Code::not_found && lock.error().code != Code::conflict)) {
            return fail(std::move(lock).error());
        }
    }
    TRY_ASSIGN(tree_, folder_->make_directory("tree", 0755));
    return tree_->set_mode(0755);
}

void Staging::remove_stale() {
    const auto entries = above_->list(listed_max);
    if (!entries) return;
    for (const auto& entry : *entries) {
        if (entry.kind != os::Kind::directory || !is_staging_name(entry.name)) continue;
        const auto folder = above_->open_directory(entry.name);
        if (!folder) continue;
        const auto lock = (*folder)->lock("lock");
        if (lock) static_cast<void>(above_->remove_tree(entry.name));
    }
}

Result<> Staging::rename_into_place() {
    if (missing_.size() == 1) {
        CRASH_POINT("unpack.before_rename");
        // Over an empty folder this is allowed, over anything else it fails.
        TRY(folder_->rename("tree", *above_, missing_[0], os::Replace::yes));
        CRASH_POINT("unpack.after_rename");
        return above_->sync();
    }
    TRY_ASSIGN(const auto parents, make_parents());
    CRASH_POINT("unpack.before_rename_of_parents");
    TRY(parents->rename(missing_[0], *above_, missing_[0], os::Replace::no));
    CRASH_POINT("unpack.after_rename_of_parents");
    return above_->sync();
}

/// The folders that are missing above the target, with the tree in the last one: they come into place with it, so that
/// whoever is killed before leaves nothing but the staging folder, where the next run looks for it.
Result<std::unique_ptr<os::Directory>> Staging::make_parents() {
    TRY_ASSIGN(auto parents, folder_->make_directory("parents", 0700));
    std::vector<std::unique_ptr<os::Directory>> made;
    os::Directory* parent = parents.get();
    for (std::size_t i = 0; i + 1 < missing_.size(); ++i) {
        TRY_ASSIGN(auto folder, parent->make_directory(missing_[i], 0755));
        TRY(folder->set_mode(0755));
        made.push_back(std::move(folder));
        parent = made.back().get();
    }
    TRY(folder_->rename("tree", *parent, missing_.back(), os::Replace::no));
    for (auto& folder : made) TRY(folder->sync());
    return parents;
}

Result<> Staging::publish() {
    CRASH_POINT("unpack.before_sync");
    TRY(os::sync_file_system(*tree_));
    CRASH_POINT("unpack.after_sync");
    TRY(rename_into_place());
    CRASH_POINT("unpack.after_folder_sync");
    return {};
}

Result<> Staging::remove() {
    if (!folder_) return {};
    folder_.reset();
    return above_->remove_tree(name_);
}

Staging::~Staging() { static_cast<void>(remove()); }

}  // namespace slipway::cli
