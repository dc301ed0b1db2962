#include "platform/os/memory/memory_node.h"

namespace slipway::os {
namespace {

void apply(std::string& bytes, const PendingWrite& write, std::size_t length) {
    if (write.is_truncation) {
        bytes.resize(write.offset);
        return;
    }
    if (bytes.size() < write.offset + length) bytes.resize(write.offset + length);
    bytes.replace(write.offset, length, write.bytes, 0, length);
}

// Kept, lost, a torn beginning, or any part: writes reach a disk in any order, and a length may come before its bytes.
void cut_bytes(MemoryNode& file, Random& random) {
    std::string left = file.durable_bytes;
    const std::uint64_t fate = random.below(4);
    const std::size_t count = file.pending_writes.size();
    const std::size_t whole = fate == 0 ? 0 : fate == 1 ? count : random.below(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
        const PendingWrite& write = file.pending_writes[i];
        const bool torn = fate == 2 && i == whole;
        if (fate == 3 ? random.below(2) == 0 : i < whole)
            apply(left, write, write.bytes.size());
        else if (torn)
            apply(left, write, random.below(write.bytes.size() + 1));
    }
    file.bytes = left;
    file.durable_bytes = std::move(left);
    file.pending_writes.clear();
}

void cut_names(MemoryNode& directory, Random& random) {
    const std::size_t count = directory.pending_names.size();
    const std::uint64_t fate = random.below(3);
    const std::size_t kept = fate == 0 ? 0 : fate == 1 ? count : random.below(count + 1);
    for (std::size_t i = 0; i < kept; ++i)
        for (const auto& [name, node] : directory.pending_names[i])
            if (node)
                directory.durable_entries[name] = node;
            else
                directory.durable_entries.erase(name);
    directory.pending_names.clear();
    for (const auto& [name, node] : directory.entries) node->names.erase({&directory, name});
    directory.entries = directory.durable_entries;
    for (const auto& [name, node] : directory.entries) node->names.insert({&directory, name});
}

void cut_below(MemoryNode& node, Random& random, std::set<MemoryNode*>& done) {
    if (!done.insert(&node).second) return;
    node.observers.clear();
    node.locked = false;
    if (node.kind == Kind::file && !node.pending_writes.empty()) cut_bytes(node, random);
    if (node.kind != Kind::directory) return;
    cut_names(node, random);
    for (const auto& [name, child] : node.entries) cut_below(*child, random, done);
}

}  // namespace

MemoryNode::~MemoryNode() {
    for (const auto& [name, node] : entries) node->names.erase({this, name});
}

NodePtr MemoryState::make(Kind kind, std::uint32_t mode) {
    auto node = std::make_shared<MemoryNode>();
    node->kind = kind;
    node->number = ++last_number;
    node->mode = mode & 07777;
    node->modified = clock->wall();
    return node;
}

void MemoryState::change_names(MemoryNode& directory, PendingNames changes) {
    for (const auto& [name, node] : changes) {
        if (const auto old = directory.entries.find(name); old != directory.entries.end()) {
            old->second->names.erase({&directory, name});
            directory.entries.erase(old);
        }
        if (!node) continue;
        node->names.insert({&directory, name});
        directory.entries.emplace(name, node);
    }
    directory.modified = clock->wall();
    std::vector<std::string> touched;
    for (const auto& [name, node] : changes) touched.push_back(name);
    directory.pending_names.push_back(std::move(changes));
    for (const std::string& name : touched) tell(directory, name);
}

void MemoryState::tell(MemoryNode& directory, const std::string& name) {
    for (const auto& [id, observer] : directory.observers)
        if (observer.name.empty() || observer.name == name) observer.changed();
}

void MemoryState::tell_written(MemoryNode& file) {
    file.modified = clock->wall();
    for (const auto& [directory, name] : file.names) tell(*directory, name);
}

void MemoryState::cut(Random& random) {
    ++power;
    ++locks;
    std::set<MemoryNode*> done;
    cut_below(*root, random, done);
}

Status to_status(const MemoryNode& node) {
    Status status;
    status.kind = node.kind;
    status.size = node.bytes.size();
    status.mode = node.mode;
    status.owner = 1000;
    status.links = node.names.size();
    status.inode = node.number;
    status.device = 1;
    status.modified = node.modified;
    return status;
}

Result<> check_operation(const MemoryState& state, std::uint64_t power, std::string_view operation,
                         const std::string& path) {
    if (power != state.power) return fail(Code::io, std::string(operation) + " " + path + ": the power was cut");
    if (!state.hook) return {};
    if (auto error = state.hook(operation, path)) return fail(std::move(*error));
    return {};
}

}  // namespace slipway::os
