#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/base/ids.h"
#include "platform/os/files.h"

namespace slipway::cli {

/// A private folder `.slipway-unpack-<random>` on the file system of a target folder, in the nearest folder above the
/// target that exists. Its subfolder `tree` becomes the target in one step. Destroyed, it removes whatever is left of
/// itself; one whose process was killed is removed by the next that is made in the same place.
class Staging {
public:
    /// Code::conflict if `target` exists and is not an empty folder.
    static Result<std::unique_ptr<Staging>> make(os::Files& files, const std::string& target, Random& random);
    ~Staging();
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    os::Directory& folder() { return *folder_; }
    os::Directory& tree() { return *tree_; }

    /// Makes the tree durable, then puts it in the target's place, then makes that durable.
    Result<> publish();
    /// Removes the folder; afterwards the object does nothing more.
    Result<> remove();

private:
    Staging() = default;
    Result<> make_folder(Random& random);
    void remove_stale();
    Result<> rename_into_place();
    Result<std::unique_ptr<os::Directory>> make_parents();

    std::unique_ptr<os::Directory> above_;  ///< the nearest folder above the target
    std::vector<std::string> missing_;      ///< the target's name, and before it the folders to be made
    std::string name_;                      ///< of the staging folder
    std::unique_ptr<os::Directory> folder_;
    std::unique_ptr<os::FileLock> lock_;
    std::unique_ptr<os::Directory> tree_;
};

}  // namespace slipway::cli
