#include "tasks/extract/extract.h"

#include <array>
#include <optional>

#include "platform/base/bytes.h"
#include "platform/os/file_steps.h"

namespace slipway::tasks::extract {
namespace {

/// What `slipway-agent unpack` said on standard error, without its name in front.
std::string take_message(os::PipeReader& reader) {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = reader.read(buffer);
        if (!got || !*got || **got == 0) break;
        text.append(buffer.data(), **got);
    }
    constexpr std::string_view name = "slipway-unpack: ";
    if (text.starts_with(name)) text.erase(0, name.size());
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

Result<> judge(const os::Exit& exit, std::string message) {
    if (exit.how == os::Exit::How::exited) switch (exit.number) {
            case 0: return {};
            case 65:
            case 66: return fail(Code::invalid, std::move(message), "archive_refused");
            case 73: return fail(Code::disk_full, std::move(message));
            default: break;
        }
    return fail(Code::io, message.empty() ? "the unpacker ended: " + os::to_text(exit) : std::move(message));
}

Result<> unpack(const Kit& kit, const std::string& from, const std::string& into) {
    os::SpawnOptions options;
    options.program = kit.executable;
    options.arguments = {"slipway-agent", "unpack", "--from", from, "--into", into};
    for (const auto& [name, value] : kit.environment) options.environment.push_back(name + "=" + value);
    options.output = {.to = os::Stream::To::native, .native = 1};
    // One line at most, so nobody waits for the pipe to be read.
    options.error = {.to = os::Stream::To::pipe};
    options.session = os::Session::shared;
    std::optional<os::Exit> ended;
    TRY_ASSIGN(const auto process, kit.launcher.spawn(options, [&](os::Exit exit) {
        ended = exit;
        kit.loop.stop();
    }));
    TRY(kit.loop.run());
    return judge(ended.value_or(os::Exit{}), take_message(*process->take_error()));
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
