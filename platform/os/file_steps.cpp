#include "platform/os/file_steps.h"

#include "platform/base/crash_point.h"

namespace slipway::os {
namespace {

std::string temporary_name(std::string_view name) { return "." + std::string(name) + ".new"; }

Error tampered(const Directory& directory, std::string_view name, std::string_view what) {
    return {Code::corrupt, directory.path() + "/" + std::string(name) + ": " + std::string(what), "file_tampered"};
}

enum class Sync { no, yes };

// The temporary name is removed and made anew, never opened as found: somebody else may have put it there.
Result<> write_temporary(Directory& directory, std::string_view name, std::string_view bytes, std::uint32_t mode,
                         Sync sync) {
    if (auto removed = directory.remove(name); !removed && removed.error().code != Code::not_found)
        return fail(std::move(removed).error());
    TRY_ASSIGN(auto file, directory.open(name, {.access = Access::write, .create = Create::exclusive, .mode = mode}));
    TRY(file->write_at(0, bytes));
    if (sync == Sync::yes) TRY(file->sync());
    return {};
}

Result<> write_named(Directory& directory, std::string_view name, std::string_view bytes, std::uint32_t mode,
                     Replace replace, Sync sync) {
    const std::string temporary = temporary_name(name);
    auto done = write_temporary(directory, temporary, bytes, mode, sync);
    if (done) {
        CRASH_POINT("os.file_written");
        done = directory.rename(temporary, directory, name, replace);
        CRASH_POINT("os.file_renamed");
    }
    if (!done) {
        // What could not be written whole must not fill a full disk further.
        [[maybe_unused]] const auto removed = directory.remove(temporary);
        return fail(std::move(done).error().within("writing " + directory.path() + "/" + std::string(name)));
    }
    if (sync == Sync::yes) {
        TRY(directory.sync());
        CRASH_POINT("os.file_durable");
    }
    return {};
}

}  // namespace

Result<> replace_durably(Directory& directory, std::string_view name, std::string_view bytes, std::uint32_t mode) {
    return write_named(directory, name, bytes, mode, Replace::yes, Sync::yes);
}

Result<> create_durably(Directory& directory, std::string_view name, std::string_view bytes, std::uint32_t mode) {
    return write_named(directory, name, bytes, mode, Replace::no, Sync::yes);
}

Result<> replace_whole(Directory& directory, std::string_view name, std::string_view bytes, std::uint32_t mode) {
    return write_named(directory, name, bytes, mode, Replace::yes, Sync::no);
}

Result<std::optional<std::string>> read_whole(Directory& directory, std::string_view name, std::size_t bytes_max) {
    auto file = directory.open(name, {});
    if (!file && file.error().code == Code::not_found) return std::nullopt;
    if (!file) return fail(std::move(file).error());
    auto bytes = read_whole(**file, bytes_max);
    if (!bytes) return fail(std::move(bytes).error().within(directory.path() + "/" + std::string(name)));
    return std::optional<std::string>(std::move(*bytes));
}

Result<std::string> read_whole(File& file, std::size_t bytes_max) {
    TRY_ASSIGN(const Status status, file.status());
    std::string bytes;
    // One more than it says: a file may have grown, and those of /proc say 0.
    std::size_t room = static_cast<std::size_t>(std::min<std::uint64_t>(status.size, bytes_max)) + 1;
    for (;;) {
        const std::size_t had = bytes.size();
        bytes.resize(had + room);
        TRY_ASSIGN(const std::size_t got, file.read_at(had, {bytes.data() + had, room}));
        bytes.resize(had + got);
        if (bytes.size() > bytes_max)
            return fail(Code::limit, "the file is longer than the " + std::to_string(bytes_max) + " bytes allowed");
        if (got < room) return bytes;
        room = 64 * 1024;
    }
}

Result<std::optional<std::unique_ptr<File>>> open_trusted(Directory& directory, std::string_view name, Access access,
                                                          std::uint32_t owner) {
    auto file = directory.open(name, {.access = access});
    if (!file && file.error().code == Code::not_found) return std::nullopt;
    if (!file && file.error().code == Code::conflict) return fail(tampered(directory, name, "is not a regular file"));
    if (!file) return fail(std::move(file).error());
    TRY_ASSIGN(const Status status, (*file)->status());
    if (status.owner != owner)
        return fail(tampered(directory, name,
                             "belongs to user " + std::to_string(status.owner) + ", not to " + std::to_string(owner)));
    if (status.links != 1)
        return fail(tampered(directory, name, "has another name as well (hard link) or was removed"));
    return std::optional(std::move(*file));
}

Result<std::unique_ptr<Directory>> open_or_make(Directory& directory, std::string_view name, std::uint32_t mode) {
    auto opened = directory.open_directory(name);
    if (opened || opened.error().code != Code::not_found) return opened;
    auto made = directory.make_directory(name, mode);
    if (!made && made.error().code == Code::conflict) return directory.open_directory(name);
    return made;
}

Result<PathParts> split_path(std::string_view path) {
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const std::size_t slash = path.rfind('/');
    PathParts parts;
    if (slash == std::string_view::npos)
        parts = {".", std::string(path)};
    else
        parts = {std::string(slash == 0 ? "/" : path.substr(0, slash)), std::string(path.substr(slash + 1))};
    if (parts.name.empty() || parts.name == "." || parts.name == "..")
        return fail(Code::invalid, "the path '" + std::string(path) + "' ends in no file name");
    return parts;
}

}  // namespace slipway::os
