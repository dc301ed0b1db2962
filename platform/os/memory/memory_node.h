#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/base/ids.h"
#include "platform/os/files.h"

namespace slipway::os {

struct MemoryNode;
using NodePtr = std::shared_ptr<MemoryNode>;

/// A change of a file's bytes that is not synced: a write, or with no bytes a new length.
struct PendingWrite {
    std::uint64_t offset = 0;
    std::string bytes;
    bool is_truncation = false;
};

/// A change of a directory's names that is not synced; a renaming inside of it is one change.
using PendingNames = std::vector<std::pair<std::string, NodePtr>>;  // no node: removed

struct Observer {
    std::string name;  // empty: any
    std::function<void()> changed;
};

struct MemoryNode {
    Kind kind = Kind::file;
    std::uint64_t number = 0;
    std::uint32_t mode = 0;
    Time modified;

    std::string bytes;  // of a file; the target of a link
    std::string durable_bytes;
    std::vector<PendingWrite> pending_writes;

    std::map<std::string, NodePtr> entries;  // of a directory
    std::map<std::string, NodePtr> durable_entries;
    std::vector<PendingNames> pending_names;

    std::set<std::pair<MemoryNode*, std::string>>
        names;  // where it is entered; removed by the destructor of the directory
    std::map<std::uint64_t, Observer> observers;
    bool locked = false;

    ~MemoryNode();
};

struct MemoryState {
    Clock* clock = nullptr;
    NodePtr root;
    std::uint64_t last_number = 0;
    std::uint64_t power = 0;  // a new one after each cut
    std::uint64_t locks = 0;  // a new one after each crash
    std::int64_t process = 1;
    std::optional<std::uint64_t> free_bytes;
    std::function<std::optional<Error>(std::string_view, const std::string&)> hook;

    NodePtr make(Kind kind, std::uint32_t mode);
    /// Enters or (no node) removes names in one step, and tells the observers.
    void change_names(MemoryNode& directory, PendingNames changes);
    void tell(MemoryNode& directory, const std::string& name);
    void tell_written(MemoryNode& file);
    void cut(Random& random);
};

Status to_status(const MemoryNode& node);
NodePtr node_of(Directory& directory);  ///< none: a directory of another kind

std::unique_ptr<Directory> make_memory_directory(std::shared_ptr<MemoryState> state, NodePtr node, std::string path);
std::unique_ptr<File> make_memory_file(std::shared_ptr<MemoryState> state, NodePtr node, std::string path,
                                       Access access);
/// What the hook and the power say before an operation.
Result<> check_operation(const MemoryState& state, std::uint64_t power, std::string_view operation,
                         const std::string& path);

}  // namespace slipway::os
