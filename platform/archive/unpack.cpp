#include "platform/archive/unpack.h"

#include "platform/archive/ledger.h"
#include "platform/archive/reader.h"
#include "platform/archive/refusal.h"
#include "platform/archive/tree_writer.h"

namespace slipway::archive {
namespace {

constexpr std::uint32_t folder_mode_default = 0755;

/// Never special bits, never writable by others; the owner can always read and write, or the tree could not be removed.
std::uint32_t mode_of(const Entry& entry) {
    if (entry.kind == EntryKind::folder) return (entry.mode & 0755) | 0700;
    return (entry.mode & ((entry.mode & 0100) != 0 ? 0755u : 0644u)) | 0600;
}

/// Seconds since 1970 that every file system and every library can hold.
Time modified_of(const Entry& entry) {
    constexpr std::int64_t last_s = 0xFFFFFFFF;
    const std::int64_t seconds = entry.modified_s < 0 ? 0 : entry.modified_s > last_s ? last_s : entry.modified_s;
    return {seconds * 1'000'000};
}

Result<> write_file(const Entry& entry, os::File& file, Reader& reader) {
    std::uint64_t at = 0;
    while (true) {
        TRY_ASSIGN(const std::string_view bytes, reader.read());
        if (bytes.empty()) break;
        TRY(file.write_at(at, bytes));
        at += bytes.size();
    }
    TRY(file.set_mode(mode_of(entry)));
    return file.set_modified(modified_of(entry));
}

Result<> write_entry(const Entry& entry, const Ledger::Step& step, TreeWriter& tree, Reader& reader) {
    for (const auto& folder : step.missing_folders) TRY(tree.make_folder(folder, folder_mode_default));
    switch (entry.kind) {
        case EntryKind::folder:
            return step.folder_exists ? tree.set_folder_mode(step.path, mode_of(entry))
                                      : tree.make_folder(step.path, mode_of(entry));
        case EntryKind::file: {
            TRY_ASSIGN(const auto file, tree.make_file(step.path));
            return write_file(entry, *file, reader);
        }
        case EntryKind::hard_link: return tree.make_hard_link(step.path, step.link_to);
        case EntryKind::symbolic_link: return {};
    }
    return fail(Code::internal, "an entry of no kind");
}

}  // namespace

Result<UnpackSummary> unpack(os::File& file, Format format, os::Directory& into, const UnpackLimits& limits) {
    TRY_ASSIGN(const auto reader, open_reader(file, format, limits));
    Ledger ledger(limits);
    TreeWriter tree(into);
    while (true) {
        TRY_ASSIGN(const auto entry, reader->next());
        if (!entry) break;
        TRY_ASSIGN(const auto step, ledger.accept(*entry));
        if (auto written = write_entry(*entry, step, tree, *reader); !written) {
            Error error = std::move(written).error();
            return fail(error.reason == "archive_refused" ? error : std::move(error).within("\"" + step.path + "\""));
        }
    }
    TRY(ledger.check_symbolic_links());
    for (const auto& link : ledger.symbolic_links()) TRY(tree.make_symbolic_link(link.path, link.target));
    return UnpackSummary{.entries = ledger.entries(), .bytes = ledger.bytes()};
}

}  // namespace slipway::archive
