#include "platform/archive/ledger.h"

#include <algorithm>

#include "platform/archive/name_policy.h"
#include "platform/archive/refusal.h"
#include "platform/base/bytes.h"

namespace slipway::archive {
namespace {

constexpr int link_hops_max = 40;
constexpr std::uint32_t no_node = UINT32_MAX;

std::string key_of(std::uint32_t parent, std::string_view component) {
    std::string key = std::to_string(parent) + "/";
    return key += collision_key(component);
}

std::string quoted(std::string_view name) { return "\"" + printable(name) + "\""; }

}  // namespace

Ledger::Ledger(const UnpackLimits& limits) : limits_(limits) { nodes_.push_back({.named = false}); }

const Ledger::NodeId* Ledger::find(NodeId parent, std::string_view component) const {
    const auto found = by_key_.find(key_of(parent, component));
    return found == by_key_.end() ? nullptr : &found->second;
}

Result<Ledger::NodeId> Ledger::add(const Entry& entry, NodeId parent, std::string_view component, EntryKind kind) {
    if (nodes_.size() > limits_.entries_max)
        return refuse_limit(entry.name, "more entries and folders than allowed", limits_.entries_max);
    const auto id = static_cast<NodeId>(nodes_.size());
    nodes_.push_back({.parent = parent, .kind = kind, .component = std::string(component)});
    by_key_.emplace(key_of(parent, component), id);
    return id;
}

Result<> Ledger::count(const Entry& entry) {
    if (++entries_ > limits_.entries_max)
        return refuse_limit(entry.name, "more entries than allowed", limits_.entries_max);
    names_bytes_ += entry.name.size() + entry.link.size();
    if (names_bytes_ > limits_.names_bytes_max)
        return refuse_limit(entry.name, "all names together are longer than allowed", limits_.names_bytes_max);
    if (entry.size > limits_.bytes_max || bytes_ + entry.size > limits_.bytes_max)
        return refuse_limit(entry.name, "the archive declares more bytes than allowed", limits_.bytes_max);
    bytes_ += entry.size;
    return {};
}

Result<Ledger::NodeId> Ledger::enter_folder(const Entry& entry, NodeId parent, std::string_view component, Step& step) {
    if (const NodeId* found = find(parent, component)) {
        const Node& node = nodes_[*found];
        if (node.kind != EntryKind::folder)
            return refuse(entry.name, "it lies below " + quoted(path_of(*found)) + ", which is a " +
                                          std::string(to_string(node.kind)));
        if (node.component != component)
            return refuse(entry.name, "it differs from " + quoted(path_of(*found)) + " only in case");
        return *found;
    }
    TRY_ASSIGN(const NodeId made, add(entry, parent, component, EntryKind::folder));
    step.missing_folders.push_back(path_of(made));
    return made;
}

Result<std::string> Ledger::hard_link_target(const Entry& entry) const {
    auto components = entry_components(entry.link, limits_);
    if (!components)
        return refuse(entry.name, "it is a hard link whose target is refused: " + components.error().message);
    NodeId node = 0;
    for (const auto component : *components) {
        const NodeId* found = find(node, component);
        if (found == nullptr || nodes_[*found].component != component)
            return refuse(entry.name, "it is a hard link to " + quoted(entry.link) + ", which no earlier entry made");
        node = *found;
    }
    if (nodes_[node].kind != EntryKind::file && nodes_[node].kind != EntryKind::hard_link)
        return refuse(entry.name, "it is a hard link to " + quoted(entry.link) + ", which is a " +
                                      std::string(to_string(nodes_[node].kind)));
    return path_of(node);
}

Result<Ledger::Step> Ledger::accept(const Entry& entry) {
    TRY(count(entry));
    TRY_ASSIGN(const auto components, entry_components(entry.name, limits_));
    Step step;
    if (components.empty()) {
        if (entry.kind != EntryKind::folder) return refuse(entry.name, "only a folder may be named like this");
        if (nodes_[0].named) return refuse(entry.name, "the name comes twice");
        nodes_[0].named = true;
        step.folder_exists = true;
        return step;
    }
    if (entry.name.ends_with('/') && entry.kind != EntryKind::folder)
        return refuse(entry.name, "the name ends in a slash but is no folder");
    if (entry.size != 0 && entry.kind != EntryKind::file)
        return refuse(entry.name, "it is a " + std::string(to_string(entry.kind)) + " with content");
    NodeId folder = 0;
    for (std::size_t i = 0; i + 1 < components.size(); ++i) {
        TRY_ASSIGN(folder, enter_folder(entry, folder, components[i], step));
    }
    if (entry.kind == EntryKind::hard_link) {
        TRY_ASSIGN(step.link_to, hard_link_target(entry));
    }
    const std::string_view last = components.back();
    if (const NodeId* found = find(folder, last)) {
        Node& node = nodes_[*found];
        if (node.component != last)
            return refuse(entry.name, "it differs from " + quoted(path_of(*found)) + " only in case");
        if (entry.kind != EntryKind::folder || node.kind != EntryKind::folder || node.named)
            return refuse(entry.name, "the name comes twice");
        node.named = true;
        step.folder_exists = true;
        step.path = path_of(*found);
        return step;
    }
    TRY_ASSIGN(const NodeId made, add(entry, folder, last, entry.kind));
    nodes_[made].named = true;
    step.path = path_of(made);
    if (entry.kind == EntryKind::symbolic_link) {
        TRY(link_components(entry.name, entry.link, limits_));
        nodes_[made].link = static_cast<std::uint32_t>(symbolic_links_.size());
        symbolic_links_.push_back({step.path, entry.link});
        link_folders_.push_back(folder);
    }
    return step;
}

std::string Ledger::path_of(NodeId node) const {
    std::vector<std::string_view> parts;
    for (; node != 0; node = nodes_[node].parent) parts.push_back(nodes_[node].component);
    std::string path;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        if (!path.empty()) path += '/';
        path += *part;
    }
    return path;
}

Result<Ledger::NodeId> Ledger::follow(const SymbolicLink& link, NodeId folder, std::string_view target,
                                      int& hops) const {
    TRY_ASSIGN(const auto components, link_components(link.path, target, limits_));
    NodeId at = folder;
    for (const auto& component : components) {
        if (component == ".") continue;
        if (component == "..") {
            // Past a name that is not there, what ".." means is for whoever makes that name later to choose.
            if (at == no_node)
                return refuse(link.path, "its target " + quoted(link.target) + " goes up from a missing folder");
            if (at == 0) return refuse(link.path, "its target " + quoted(link.target) + " leaves the archive");
            at = nodes_[at].parent;
            continue;
        }
        if (at == no_node) continue;
        const NodeId* found = find(at, component);
        if (found == nullptr) {
            at = no_node;
        } else if (nodes_[*found].kind == EntryKind::symbolic_link) {
            if (++hops > link_hops_max)
                return refuse(link.path, "its target " + quoted(link.target) + " goes round in a circle");
            const NodeId next = *found;
            TRY_ASSIGN(at, follow(link, nodes_[next].parent, symbolic_links_[nodes_[next].link].target, hops));
        } else {
            at = *found;
        }
        if (at != no_node && nodes_[at].kind != EntryKind::folder && &component != &components.back())
            return refuse(link.path, "its target " + quoted(link.target) + " goes through a file");
    }
    return at;
}

Result<> Ledger::check_symbolic_links() const {
    for (std::size_t i = 0; i < symbolic_links_.size(); ++i) {
        const auto& link = symbolic_links_[i];
        // Systems that shorten "x/.." as text must not leave the tree either.
        TRY_ASSIGN(const auto components, link_components(link.path, link.target, limits_));
        auto depth = std::count(link.path.begin(), link.path.end(), '/');
        for (const auto component : components) {
            depth += component == ".." ? -1 : component == "." ? 0 : 1;
            if (depth < 0) return refuse(link.path, "its target " + quoted(link.target) + " leaves the archive");
        }
        int hops = 0;
        TRY(follow(link, link_folders_[i], link.target, hops));
    }
    return {};
}

}  // namespace slipway::archive
