#include "tests/sim/disk_image.h"

#include "platform/base/assert.h"
#include "platform/os/file_steps.h"

namespace slipway::sim {
namespace {

constexpr std::size_t entries_max = 10'000;
constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;

void read_below(os::Directory& directory, const std::string& path, DiskImage& into) {
    const auto entries = directory.list(entries_max);
    ASSERT(entries);
    for (const os::Entry& entry : *entries) {
        const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
        if (entry.kind == os::Kind::directory) {
            into.directories.insert(below);
            const auto next = directory.open_directory(entry.name);
            ASSERT(next);
            read_below(**next, below, into);
        } else if (entry.kind == os::Kind::file) {
            auto text = os::read_whole(directory, entry.name, file_bytes_max);
            ASSERT(text && *text);
            into.files[below] = **std::move(text);
        }
    }
}

}  // namespace

DiskImage copy_of(os::Files& files, const std::string& path) {
    const auto directory = files.open_directory(path);
    ASSERT(directory);
    DiskImage image;
    read_below(**directory, "", image);
    return image;
}

void write_image(const DiskImage& image, os::Files& files, const std::string& path) {
    auto root = files.make_directories(path, 0700);
    ASSERT(root);
    const auto entries = (*root)->list(entries_max);
    ASSERT(entries);
    for (const os::Entry& entry : *entries) ASSERT((*root)->remove_tree(entry.name));
    for (const std::string& directory : image.directories) ASSERT(files.make_directories(path + "/" + directory, 0700));
    for (const auto& [name, text] : image.files) {
        const auto at = os::split_path(path + "/" + name);
        ASSERT(at);
        const auto directory = files.open_directory(at->directory);
        ASSERT(directory);
        auto file = (*directory)->open(at->name, {.access = os::Access::write, .create = os::Create::if_missing});
        ASSERT(file);
        ASSERT((*file)->write_at(0, text));
        ASSERT((*file)->sync());
    }
    for (const std::string& directory : image.directories)
        ASSERT((*files.open_directory(path + "/" + directory))->sync());
    ASSERT((*root)->sync());
    ASSERT((*files.open_directory("/"))->sync());
}

}  // namespace slipway::sim
