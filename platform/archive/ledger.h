#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/archive/entry.h"
#include "platform/archive/limits.h"
#include "platform/base/result.h"

namespace slipway::archive {

/// The tree as the entries so far describe it, in memory only. It decides which entry may come next; nothing reaches a
/// disk that it has not accepted. Refuses duplicates, collisions, what would be written through a link, hard links to
/// anything but an earlier file, and symbolic links that leave the tree or go round. One thread.
class Ledger {
public:
    explicit Ledger(const UnpackLimits& limits);

    /// What to do for an accepted entry. Paths are relative, with '/', and name real folders all the way.
    struct Step {
        std::string path;                          ///< empty for the root itself
        std::vector<std::string> missing_folders;  ///< to be made first, in this order
        bool folder_exists = false;                ///< an earlier entry implied this folder
        std::string link_to = {};                  ///< hard link: the path of the file
    };
    Result<Step> accept(const Entry& entry);

    /// After the last entry: follows every symbolic link through the finished tree.
    Result<> check_symbolic_links() const;

    struct SymbolicLink {
        std::string path;
        std::string target;
    };
    const std::vector<SymbolicLink>& symbolic_links() const { return symbolic_links_; }

    std::uint64_t entries() const { return entries_; }  ///< as the archive lists them
    std::uint64_t bytes() const { return bytes_; }      ///< declared

private:
    using NodeId = std::uint32_t;
    struct Node {
        NodeId parent = 0;
        EntryKind kind = EntryKind::folder;
        bool named = false;          ///< by an entry of its own
        std::uint32_t link = 0;      ///< index into symbolic_links_
        std::string component = {};  ///< as it was first spelled
    };

    const NodeId* find(NodeId parent, std::string_view component) const;
    Result<NodeId> add(const Entry& entry, NodeId parent, std::string_view component, EntryKind kind);
    Result<NodeId> enter_folder(const Entry& entry, NodeId parent, std::string_view component, Step& step);
    Result<std::string> hard_link_target(const Entry& entry) const;
    Result<> count(const Entry& entry);
    std::string path_of(NodeId node) const;
    /// Goes through `target` from `folder`; `hops` counts links followed so far.
    Result<NodeId> follow(const SymbolicLink& link, NodeId folder, std::string_view target, int& hops) const;

    UnpackLimits limits_;
    std::vector<Node> nodes_;  ///< 0 is the root
    std::unordered_map<std::string, NodeId> by_key_;
    std::vector<SymbolicLink> symbolic_links_;
    std::vector<NodeId> link_folders_;  ///< the folder each symbolic link stands in
    std::uint64_t entries_ = 0;
    std::uint64_t bytes_ = 0;
    std::size_t names_bytes_ = 0;
};

}  // namespace slipway::archive
