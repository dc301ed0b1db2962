#include "tasks/copy/copy.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "platform/base/limits.h"
#include "platform/os/file_steps.h"
#include "tasks/copy/pattern.h"

namespace slipway::tasks::copy {
namespace {

constexpr std::size_t part_bytes = 1024 * 1024;
constexpr std::uint32_t folder_mode = 0755;

std::string temporary_name(const std::string& name) { return "." + name + ".slipway-new"; }

Result<> write_copy(os::File& from, os::File& to) {
    std::vector<char> buffer(part_bytes);
    for (std::uint64_t offset = 0;;) {
        TRY_ASSIGN(const std::size_t got, from.read_at(offset, buffer));
        TRY(to.write_at(offset, {buffer.data(), got}));
        offset += got;
        if (got < buffer.size()) return {};
    }
}

/// The folder `to` is synced by the caller, once for all its files.
Result<> copy_file(os::Directory& from, const std::string& name, os::Directory& to, const std::string& new_name) {
    TRY_ASSIGN(const auto source, from.open(name, {}));
    TRY_ASSIGN(const os::Status status, source->status());
    const std::string temporary = temporary_name(new_name);
    TRY(to.remove_tree(temporary));
    const auto write = [&]() -> Result<> {
        TRY_ASSIGN(const auto target,
                   to.open(temporary, {.access = os::Access::write, .create = os::Create::exclusive}));
        TRY(write_copy(*source, *target));
        TRY(target->set_mode(status.mode & 0777));
        TRY(target->set_modified(status.modified));
        TRY(target->sync());
        return to.rename(temporary, to, new_name, os::Replace::yes);
    };
    auto written = write();
    if (written) return {};
    [[maybe_unused]] const auto removed = to.remove_tree(temporary);
    return fail(std::move(written).error().within("copying " + from.path() + "/" + name));
}

Result<> copy_link(os::Directory& from, const std::string& name, os::Directory& to) {
    TRY_ASSIGN(const std::string target, from.read_link(name));
    const std::string temporary = temporary_name(name);
    TRY(to.remove_tree(temporary));
    TRY(to.make_link(temporary, target));
    return to.rename(temporary, to, name, os::Replace::yes);
}

Result<std::unique_ptr<os::Directory>> open_or_make_folder(os::Directory& above, const std::string& name) {
    auto opened = above.open_directory(name);
    if (opened || opened.error().code != Code::not_found) return opened;
    TRY_ASSIGN(auto made, above.make_directory(name, folder_mode));
    TRY(made->set_mode(folder_mode));
    return made;
}

Result<std::unique_ptr<os::Directory>> make_folders(os::Files& files, const std::string& path) {
    auto opened = files.open_directory(path);
    if (opened || opened.error().code != Code::not_found) return opened;
    TRY_ASSIGN(const os::PathParts parts, os::split_path(path));
    TRY_ASSIGN(const auto above, make_folders(files, parts.directory));
    return open_or_make_folder(*above, parts.name);
}

struct Walk {
    const Patterns& patterns;
    std::uint64_t copied = 0;
};

/// Folders are made when the first file goes into them. `to` gives the target folder, made when it is first asked for.
Result<> copy_folder(Walk& walk, os::Directory& from, const std::string& prefix, std::size_t depth,
                     const std::function<Result<os::Directory*>()>& to) {
    if (depth > limits::archive_depth_max)
        return fail(Code::limit,
                    from.path() + " lies deeper than " + std::to_string(limits::archive_depth_max) + " folders");
    TRY_ASSIGN(auto entries, from.list(limits::archive_entries_max));
    std::ranges::sort(entries, {}, &os::Entry::name);
    bool changed = false;
    for (const os::Entry& entry : entries) {
        const std::string path = prefix + entry.name;
        if (entry.kind == os::Kind::directory) {
            TRY_ASSIGN(const auto below, from.open_directory(entry.name));
            std::unique_ptr<os::Directory> folder;
            TRY(copy_folder(walk, *below, path + "/", depth + 1, [&]() -> Result<os::Directory*> {
                if (folder) return folder.get();
                TRY_ASSIGN(os::Directory* const above, to());
                TRY_ASSIGN(folder, open_or_make_folder(*above, entry.name));
                return folder.get();
            }));
            continue;
        }
        if (!walk.patterns.match(path)) continue;
        if (entry.kind == os::Kind::other)
            return fail(Code::invalid, from.path() + "/" + entry.name + " is neither file, folder nor link");
        TRY_ASSIGN(os::Directory* const target, to());
        TRY(entry.kind == os::Kind::link ? copy_link(from, entry.name, *target)
                                         : copy_file(from, entry.name, *target, entry.name));
        ++walk.copied;
        changed = true;
    }
    if (!changed) return {};
    TRY_ASSIGN(os::Directory* const target, to());
    return target->sync();
}

Result<> copy_single(const Kit& kit, const std::string& from, const std::string& to) {
    TRY_ASSIGN(const os::PathParts source, os::split_path(from));
    TRY_ASSIGN(const auto above, kit.files.open_directory(source.directory));
    auto folder = to.ends_with('/') ? make_folders(kit.files, to) : kit.files.open_directory(to);
    std::string name = source.name;
    if (!folder) {
        TRY_ASSIGN(const os::PathParts target, os::split_path(to));
        name = target.name;
        folder = make_folders(kit.files, target.directory);
        if (!folder) return fail(std::move(folder).error());
    }
    TRY(copy_file(*above, source.name, **folder, name));
    TRY((*folder)->sync());
    print("copied to " + (*folder)->path() + "/" + name);
    return {};
}

}  // namespace

Result<> run(const Kit& kit) {
    TRY_ASSIGN(const std::string from, kit.path("from"));
    TRY_ASSIGN(const std::string to, kit.path("to"));
    const auto source = kit.files.open_directory(from);
    if (!source) return copy_single(kit, from, to);
    if ((to + "/").starts_with(from + "/"))
        return fail(Code::invalid, to + " lies inside of " + from + ": a folder cannot be copied into itself");
    const std::string lines = kit.input("patterns");
    const Patterns patterns(lines.empty() ? "**" : lines);
    Walk walk{patterns};
    std::unique_ptr<os::Directory> target;
    TRY(copy_folder(walk, **source, "", 0, [&]() -> Result<os::Directory*> {
        if (!target) {
            TRY_ASSIGN(target, make_folders(kit.files, to));
        }
        return target.get();
    }));
    if (walk.copied == 0) return fail(Code::invalid, "no file in " + from + " fits the patterns");
    print("copied " + std::to_string(walk.copied) + (walk.copied == 1 ? " file to " : " files to ") + to);
    return {};
}

}  // namespace slipway::tasks::copy
