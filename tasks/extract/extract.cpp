#include "tasks/extract/extract.h"

#include <optional>

#include "platform/base/bytes.h"
#include "platform/os/file_steps.h"

namespace slipway::tasks::extract {
namespace {

/// Exit codes of `slipway-agent unpack`; it has printed what is wrong.
Result<> judge(const os::Exit& exit) {
    if (exit.how == os::Exit::How::exited) switch (exit.number) {
            case 0: return {};
            case 65:
            case 66: return fail(Code::invalid, "the archive was not unpacked", "archive_refused");
            case 73: return fail(Code::disk_full, "the archive was not unpacked");
            default: break;
        }
    return fail(Code::io, "the unpacker ended with " + os::to_text(exit));
}

Result<> unpack(const Kit& kit, const std::string& from, const std::string& into) {
    os::SpawnOptions options;
    options.program = kit.executable;
    options.arguments = {"slipway-agent", "unpack", "--from", from, "--into", into};
    for (const auto& [name, value] : kit.environment) options.environment.push_back(name + "=" + value);
    options.output = {.to = os::Stream::To::native, .native = 1};
    options.error = {.to = os::Stream::To::native, .native = 2};
    options.session = os::Session::shared;
    std::optional<os::Exit> ended;
    TRY_ASSIGN(const auto process, kit.launcher.spawn(options, [&](os::Exit exit) {
        ended = exit;
        kit.loop.stop();
    }));
    TRY(kit.loop.run());
    return judge(ended.value_or(os::Exit{}));
}

Result<bool> is_occupied(os::Directory& above, const std::string& name) {
    TRY_ASSIGN(const auto status, above.status(name));
    if (!status) return false;
    if (status->kind != os::Kind::directory)
        return fail(Code::invalid, above.path() + "/" + name + " is there and is no folder");
    TRY_ASSIGN(const auto folder, above.open_directory(name));
    const auto entries = folder->list(1);
    if (!entries && entries.error().code != Code::limit) return fail(entries.error());
    return !entries || !entries->empty();
}

/// The new tree is whole before the old one is touched; between two renames the folder is missing for a moment.
Result<> replace(const Kit& kit, const std::string& from, os::Directory& above, const std::string& name) {
    const std::string mark = ".slipway-" + to_hex(kit.random.bytes(6));
    const std::string next = "." + name + mark + ".new";
    const std::string old = "." + name + mark + ".old";
    auto done = unpack(kit, from, above.path() + "/" + next);
    if (done) done = above.rename(name, above, old, os::Replace::no);
    if (done) {
        done = above.rename(next, above, name, os::Replace::no);
        if (!done) TRY(above.rename(old, above, name, os::Replace::no));
    }
    if (done) done = above.sync();
    [[maybe_unused]] const auto old_removed = above.remove_tree(old);
    [[maybe_unused]] const auto next_removed = above.remove_tree(next);
    return done;
}

}  // namespace

Result<> run(const Kit& kit) {
    TRY_ASSIGN(const std::string from, kit.path("from"));
    TRY_ASSIGN(const std::string to, kit.path("to"));
    TRY_ASSIGN(const os::PathParts target, os::split_path(to));
    auto above = kit.files.open_directory(target.directory);
    if (!above && above.error().code != Code::not_found) return fail(std::move(above).error());
    bool occupied = false;
    if (above) {
        TRY_ASSIGN(occupied, is_occupied(**above, target.name));
    }
    if (!occupied) {
        TRY(unpack(kit, from, to));
    } else if (kit.input("existing") == "replace") {
        TRY(replace(kit, from, **above, target.name));
    } else {
        return fail(Code::invalid, to + " is there and not empty: choose another folder, or say existing: replace");
    }
    print("extracted to " + to);
    return {};
}

}  // namespace slipway::tasks::extract
