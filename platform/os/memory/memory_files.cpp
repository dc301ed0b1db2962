#include "platform/os/memory/memory_files.h"

#include "platform/os/memory/memory_node.h"

namespace slipway::os {
namespace {

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (end > begin && path.substr(begin, end - begin) != ".") parts.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

}  // namespace

MemoryFiles::MemoryFiles(Clock& clock) : state_(std::make_shared<MemoryState>()) {
    state_->clock = &clock;
    state_->root = state_->make(Kind::directory, 0755);
}

MemoryFiles::~MemoryFiles() = default;

Result<std::unique_ptr<Directory>> MemoryFiles::open_directory(const std::string& path) {
    TRY(check_operation(*state_, state_->power, "open_directory", path));
    NodePtr node = state_->root;
    for (const std::string& part : split(path)) {
        const auto found = node->entries.find(part);
        if (found == node->entries.end())
            return fail(Code::not_found, "opening directory " + path + ": no such file or directory");
        node = found->second;
        if (node->kind != Kind::directory)
            return fail(Code::conflict, "opening directory " + path + ": not a directory");
    }
    return make_memory_directory(state_, node, path);
}

Result<std::unique_ptr<Directory>> MemoryFiles::make_directories(const std::string& path, std::uint32_t mode) {
    std::unique_ptr<Directory> directory = make_memory_directory(state_, state_->root, "/");
    for (const std::string& part : split(path)) {
        auto next = directory->open_directory(part);
        if (!next && next.error().code == Code::not_found) next = directory->make_directory(part, mode);
        if (!next) return next;
        directory = std::move(*next);
    }
    return open_directory(path);
}

void MemoryFiles::power_cut(Random& random) { state_->cut(random); }

void MemoryFiles::process_crash() {
    ++state_->locks;
    std::vector<NodePtr> open = {state_->root};
    while (!open.empty()) {
        const NodePtr node = open.back();
        open.pop_back();
        node->locked = false;
        for (const auto& [name, child] : node->entries) open.push_back(child);
    }
}

void MemoryFiles::set_free_bytes(std::optional<std::uint64_t> bytes) { state_->free_bytes = bytes; }

void MemoryFiles::on_operation(std::function<std::optional<Error>(std::string_view, const std::string&)> function) {
    state_->hook = std::move(function);
}

void MemoryFiles::set_process_id(std::int64_t process) const { state_->process = process; }

Result<Handle> MemoryFileWatches::watch(Directory& directory, std::string name, std::function<void()> function) {
    const NodePtr node = node_of(directory);
    if (!node) return fail(Code::internal, directory.path() + " is of another kind of files");
    struct Watching final : Subscription {
        ~Watching() override {
            *alive = false;
            node->observers.erase(id);
        }
        NodePtr node;
        std::uint64_t id = 0;
        std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    };
    auto watching = std::make_unique<Watching>();
    watching->node = node;
    watching->id = node->observers.empty() ? 1 : node->observers.rbegin()->first + 1;
    const auto told = std::make_shared<bool>(false);
    const auto call = std::make_shared<std::function<void()>>(std::move(function));
    const auto changed = [&loop = loop_, told, call, alive = watching->alive] {
        if (*told) return;
        *told = true;
        loop.post([told, call, alive] {
            *told = false;
            if (*alive) (*call)();
        });
    };
    node->observers.emplace(watching->id, Observer{std::move(name), changed});
    return watching;
}

}  // namespace slipway::os
