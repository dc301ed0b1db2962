#include "platform/os/component.h"
#include "platform/os/memory/memory_node.h"

namespace slipway::os {
namespace {

class MemoryLock final : public FileLock {
public:
    MemoryLock(std::shared_ptr<MemoryState> state, NodePtr node)
        : state_(std::move(state)), node_(std::move(node)), locks_(state_->locks) {}
    ~MemoryLock() override {
        if (locks_ == state_->locks) node_->locked = false;
    }

private:
    std::shared_ptr<MemoryState> state_;
    NodePtr node_;
    std::uint64_t locks_;
};

class MemoryDirectory final : public Directory {
public:
    MemoryDirectory(std::shared_ptr<MemoryState> state, NodePtr node, std::string path)
        : state_(std::move(state)), node_(std::move(node)), path_(std::move(path)), power_(state_->power) {}

    const NodePtr& node() const { return node_; }
    const std::string& path() const override { return path_; }

    Result<std::unique_ptr<File>> open(std::string_view name, const OpenOptions& options) override {
        TRY(check("open", name));
        NodePtr found = find(name);
        if (found && options.create == Create::exclusive) return taken("opening", name);
        if (found && found->kind != Kind::file)
            return fail(Code::conflict, "opening " + below(name) + ": it is not a regular file");
        if (!found && options.create == Create::never) return missing("opening", name);
        if (!found) {
            TRY_ASSIGN(found, enter("opening", name, Kind::file, options.mode));
        }
        return make_memory_file(state_, std::move(found), below(name), options.access);
    }

    Result<std::unique_ptr<Directory>> open_directory(std::string_view name) override {
        TRY(check("open_directory", name));
        const NodePtr found = find(name);
        if (!found) return missing("opening directory", name);
        if (found->kind != Kind::directory)
            return fail(Code::conflict, "opening directory " + below(name) + ": it is not a directory");
        return make_memory_directory(state_, found, below(name));
    }

    Result<std::unique_ptr<Directory>> make_directory(std::string_view name, std::uint32_t mode) override {
        TRY(check("make_directory", name));
        if (find(name)) return taken("making directory", name);
        TRY_ASSIGN(NodePtr made, enter("making directory", name, Kind::directory, mode));
        return make_memory_directory(state_, std::move(made), below(name));
    }

    Result<> rename(std::string_view name, Directory& to, std::string_view new_name, Replace replace) override {
        TRY(check("rename", name));
        TRY(as_component(new_name));
        const NodePtr target = node_of(to);
        if (!target) return fail(Code::internal, to.path() + " is of another kind of files");
        const NodePtr moved = find(name);
        if (!moved) return missing("renaming", name);
        const auto old = target->entries.find(std::string(new_name));
        if (old != target->entries.end()) {
            TRY(check_replacing(name, *moved, *old->second, replace));
            if (old->second == moved) return {};
        }
        const std::string from(name);
        const std::string onto(new_name);
        if (target == node_) {
            state_->change_names(*node_, {{from, nullptr}, {onto, moved}});
        } else {
            state_->change_names(*target, {{onto, moved}});
            state_->change_names(*node_, {{from, nullptr}});
        }
        return {};
    }

    Result<> remove(std::string_view name) override {
        TRY(check("remove", name));
        const NodePtr found = find(name);
        if (!found) return missing("removing", name);
        if (!found->entries.empty()) return fail(Code::conflict, "removing " + below(name) + ": it is not empty");
        state_->change_names(*node_, {{std::string(name), nullptr}});
        return {};
    }

    Result<> remove_tree(std::string_view name) override {
        TRY(check("remove_tree", name));
        const NodePtr found = find(name);
        if (!found) return {};
        while (!found->entries.empty())
            TRY(MemoryDirectory(state_, found, below(name)).remove_tree(found->entries.begin()->first));
        state_->change_names(*node_, {{std::string(name), nullptr}});
        return {};
    }

    Result<std::vector<Entry>> list(std::size_t entries_max) override {
        TRY(check_operation(*state_, power_, "list", path_));
        if (node_->entries.size() > entries_max)
            return fail(Code::limit, "listing " + path_ + ": more than " + std::to_string(entries_max) + " entries");
        std::vector<Entry> entries;
        for (const auto& [name, node] : node_->entries) entries.push_back({name, node->kind});
        return entries;
    }

    Result<std::optional<Status>> status(std::string_view name) override {
        TRY(check("status", name));
        const NodePtr found = find(name);
        if (!found) return std::nullopt;
        return to_status(*found);
    }

    Result<std::string> read_link(std::string_view name) override {
        TRY(check("read_link", name));
        const NodePtr found = find(name);
        if (!found) return missing("reading link", name);
        if (found->kind != Kind::link)
            return fail(Code::conflict, "reading link " + below(name) + ": it is not a symbolic link");
        return found->bytes;
    }

    Result<> make_link(std::string_view name, std::string_view target) override {
        TRY(check("make_link", name));
        if (target.empty() || target.find('\0') != std::string_view::npos)
            return fail(Code::invalid, "the target of link " + below(name) + " is not a path");
        if (find(name)) return taken("making link", name);
        TRY_ASSIGN(const NodePtr made, enter("making link", name, Kind::link, 0777));
        made->bytes = std::string(target);
        return {};
    }

    Result<> make_hard_link(std::string_view name, Directory& to, std::string_view new_name) override {
        TRY(check("make_hard_link", name));
        TRY(as_component(new_name));
        const NodePtr target = node_of(to);
        if (!target) return fail(Code::internal, to.path() + " is of another kind of files");
        const NodePtr found = find(name);
        if (!found) return missing("linking", name);
        if (found->kind != Kind::file)
            return fail(Code::conflict, "linking " + below(name) + ": it is not a regular file");
        if (target->entries.contains(std::string(new_name))) return taken("linking", new_name);
        state_->change_names(*target, {{std::string(new_name), found}});
        return {};
    }

    Result<> set_mode(std::uint32_t mode) override {
        TRY(check_operation(*state_, power_, "set_mode", path_));
        node_->mode = mode & 07777;
        return {};
    }

    Result<> set_modified(Time time) override {
        TRY(check_operation(*state_, power_, "set_modified", path_));
        node_->modified = time;
        return {};
    }

    Result<> sync() override {
        TRY(check_operation(*state_, power_, "sync", path_));
        node_->durable_entries = node_->entries;
        node_->pending_names.clear();
        return {};
    }

    Result<DiskSpace> space() override {
        TRY(check_operation(*state_, power_, "space", path_));
        constexpr std::uint64_t large = 1ull << 40;
        return DiskSpace{large, state_->free_bytes.value_or(large)};
    }

    Result<std::unique_ptr<FileLock>> lock(std::string_view name) override {
        TRY(check("lock", name));
        const OpenOptions options{.access = Access::read_write, .create = Create::if_missing};
        TRY_ASSIGN(const auto file, open(name, options));
        const NodePtr found = find(name);
        if (found->locked)
            return fail(Code::conflict,
                        path_ + " is in use by process " + found->bytes.substr(0, found->bytes.find('\n')) +
                            " (it holds " + below(name) + ")",
                        "locked");
        TRY(file->truncate(0));
        TRY(file->append(std::to_string(state_->process) + "\n"));
        found->locked = true;
        return std::make_unique<MemoryLock>(state_, found);
    }

    std::optional<Native> native() override { return std::nullopt; }

private:
    std::string below(std::string_view name) const { return (path_ == "/" ? path_ : path_ + "/") + std::string(name); }

    Result<> check(std::string_view operation, std::string_view name) {
        TRY(as_component(name));
        return check_operation(*state_, power_, operation, below(name));
    }

    NodePtr find(std::string_view name) const {
        const auto found = node_->entries.find(std::string(name));
        return found == node_->entries.end() ? nullptr : found->second;
    }

    Result<> check_replacing(std::string_view name, const MemoryNode& moved, const MemoryNode& old, Replace replace) {
        if (replace == Replace::no) return taken("renaming", name);
        const bool is_directory = moved.kind == Kind::directory;
        if (is_directory != (old.kind == Kind::directory) || !old.entries.empty())
            return fail(Code::conflict, "renaming " + below(name) + ": what it would replace is of another kind");
        return {};
    }

    Result<NodePtr> enter(std::string_view operation, std::string_view name, Kind kind, std::uint32_t mode) {
        if (node_->names.empty() && node_ != state_->root) return missing(operation, name);
        if (state_->free_bytes == 0)
            return fail(Code::disk_full, std::string(operation) + " " + below(name) + ": no space left");
        NodePtr made = state_->make(kind, mode);
        state_->change_names(*node_, {{std::string(name), made}});
        return made;
    }

    tl::unexpected<Error> missing(std::string_view operation, std::string_view name) const {
        return fail(Code::not_found, std::string(operation) + " " + below(name) + ": no such file or directory");
    }
    tl::unexpected<Error> taken(std::string_view operation, std::string_view name) const {
        return fail(Code::conflict, std::string(operation) + " " + below(name) + ": file exists");
    }

    std::shared_ptr<MemoryState> state_;
    NodePtr node_;
    std::string path_;
    std::uint64_t power_;
};

}  // namespace

NodePtr node_of(Directory& directory) {
    const auto* memory = dynamic_cast<MemoryDirectory*>(&directory);
    return memory == nullptr ? nullptr : memory->node();
}

std::unique_ptr<Directory> make_memory_directory(std::shared_ptr<MemoryState> state, NodePtr node, std::string path) {
    return std::make_unique<MemoryDirectory>(std::move(state), std::move(node), std::move(path));
}

}  // namespace slipway::os
