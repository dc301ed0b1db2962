#include "platform/archive/tree_writer.h"

namespace slipway::archive {

Result<os::Directory*> TreeWriter::open_folder(std::string_view path) {
    std::size_t depth = 0;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (depth == open_.size() || open_[depth].name != name) {
            open_.resize(depth);
            os::Directory& parent = depth == 0 ? root_ : *open_.back().folder;
            TRY_ASSIGN(auto folder, parent.open_directory(name));
            open_.push_back({std::string(name), std::move(folder)});
        }
        ++depth;
    }
    open_.resize(depth);
    return depth == 0 ? &root_ : open_.back().folder.get();
}

Result<TreeWriter::Parent> TreeWriter::open_parent(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    TRY_ASSIGN(os::Directory * folder, open_folder(slash == std::string_view::npos ? "" : path.substr(0, slash)));
    return Parent{folder, slash == std::string_view::npos ? path : path.substr(slash + 1)};
}

Result<> TreeWriter::make_folder(std::string_view path, std::uint32_t mode) {
    TRY_ASSIGN(const Parent parent, open_parent(path));
    TRY_ASSIGN(auto folder, parent.folder->make_directory(parent.name, 0700));
    TRY(folder->set_mode(mode));
    open_.push_back({std::string(parent.name), std::move(folder)});
    return {};
}

Result<> TreeWriter::set_folder_mode(std::string_view path, std::uint32_t mode) {
    TRY_ASSIGN(os::Directory * folder, open_folder(path));
    return folder->set_mode(mode);
}

Result<std::unique_ptr<os::File>> TreeWriter::make_file(std::string_view path) {
    TRY_ASSIGN(const Parent parent, open_parent(path));
    return parent.folder->open(parent.name,
                               {.access = os::Access::write, .create = os::Create::exclusive, .mode = 0600});
}

Result<> TreeWriter::make_hard_link(std::string_view path, std::string_view existing) {
    // The folders kept open are those of one path: the other is walked by a writer of its own.
    TreeWriter other(root_);
    TRY_ASSIGN(const Parent from, other.open_parent(existing));
    TRY_ASSIGN(const Parent to, open_parent(path));
    return from.folder->make_hard_link(from.name, *to.folder, to.name);
}

Result<> TreeWriter::make_symbolic_link(std::string_view path, std::string_view target) {
    TRY_ASSIGN(const Parent parent, open_parent(path));
    return parent.folder->make_link(parent.name, target);
}

}  // namespace slipway::archive
